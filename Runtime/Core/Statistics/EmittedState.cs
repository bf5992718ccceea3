using System.Collections.Generic;
using TorchSharp;
using TorchSharp.Modules;

namespace KnDsl;

/// <summary>
/// The state of a normalization layer's output, whatever its input was: a Gaussian for each channel with mean <c>bias</c> and
/// variance <c>weight^2</c>. It owns no tensor and costs nothing until somebody asks for its moments.
/// </summary>
internal sealed class EmittedState(Parameter weight, Parameter bias, IReadOnlyList<long> size) : AnalyticState(size)
{
    public override long Channels => weight.size(0);

    internal override Moments ToMoments() =>
        new(Moments.Wide(bias).unsqueeze(0), Moments.Wide(weight).square().unsqueeze_(0));

    internal override FusedStepSource Source() => new(bias, weight, Emitted: true, Rectified: false);

    public override ChannelState MoveToOuter(DisposeScope scope) => this;
}
