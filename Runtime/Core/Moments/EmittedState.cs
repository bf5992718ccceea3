using System.Collections.Generic;
using TorchSharp;
using TorchSharp.Modules;

namespace KnDsl;

/// <summary>
/// The state of a normalization layer's output, whatever its input was: per channel a Gaussian with mean <c>bias</c> and
/// variance <c>weight^2</c>. It owns no tensor and costs nothing until somebody asks for its moments.
/// </summary>
internal sealed class EmittedState(Parameter weight, Parameter bias, IReadOnlyList<long> size) : AnalyticState(size)
{
    public override long Channels => weight.size(0);

    internal override Moments Moments() =>
        new(KnDsl.Moments.Wide(bias).unsqueeze(0), KnDsl.Moments.Wide(weight).square().unsqueeze_(0));

    internal override TransitionSource Source() => new(bias, weight, Emitted: true, Rectified: false);

    public override ChannelState MoveToOuter(DisposeScope scope) => this;
}
