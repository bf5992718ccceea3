using System.Collections.Generic;
using TorchSharp;

namespace KnDsl;

/// <summary>
/// The state of the analytic transition: a Gaussian for each micro-batch and channel, channels and positions independent.
/// </summary>
internal class AnalyticState : ChannelState
{
    private readonly Moments _moments;

    public AnalyticState(Moments moments, IReadOnlyList<long> size)
        : base(size)
    {
        _moments = moments;
    }

    /// <summary>For a state that computes its moments when somebody asks for them.</summary>
    private protected AnalyticState(IReadOnlyList<long> size)
        : base(size)
    {
    }

    public override long Channels => ToMoments().Channels;

    internal override Moments ToMoments() => _moments;

    /// <summary>What the moments are computed from.</summary>
    internal virtual MomentSource Source() => MomentSource.Of(ToMoments());

    internal override AnalyticState PassTo(MomentRule rule, long[] shape) => rule.Pass(this, shape[1..]);

    public override ChannelState MoveToOuter(DisposeScope scope)
    {
        scope.MoveToOuter(_moments.Mean, _moments.Variance);
        return this;
    }

    private protected override ChannelState With(Moments moments, IReadOnlyList<long> size) => new AnalyticState(moments, size);
}
