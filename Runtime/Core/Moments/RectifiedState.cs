using TorchSharp;

namespace KnDsl;

/// <summary>
/// The state behind a ReLU. What usually follows is a convolution, and the step through both is one: so nothing is worked
/// out before somebody asks for the moments.
/// </summary>
internal sealed class RectifiedState(AnalyticState source) : AnalyticState(source.Size)
{
    public override long Channels => source.Channels;

    internal override Moments Moments() => ReluMoments.Of(source.Moments());

    internal override TransitionSource Source() => source.Source() is { Rectified: false } known
        ? known with { Rectified = true }
        : base.Source();

    public override ChannelState MoveToOuter(DisposeScope scope)
    {
        source.MoveToOuter(scope);
        return this;
    }
}
