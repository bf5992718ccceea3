using System.Collections.Generic;
using TorchSharp;
using TorchSharp.Modules;

namespace KnDsl;

/// <summary>
/// The state of a normalization layer's output: a Gaussian for each channel with mean <c>bias</c> and variance
/// <c>weight^2 spread</c>. It owns no tensor and costs nothing until somebody asks for its moments.
/// </summary>
/// <remarks>
/// A filtered variance that falls short of the observed one leaves an output of more than unit variance. A layer that did not say so
/// would make the next one's prior fall short too, and so on: the deviations would grow from layer to layer.
/// </remarks>
/// <param name="weight">The scale, [C].</param>
/// <param name="bias">The shift, [C].</param>
/// <param name="spread">The mean square of the output before scale and shift.</param>
/// <param name="size">The spatial size of the output.</param>
internal sealed class EmittedState(Parameter weight, Parameter bias, Spread spread, IReadOnlyList<long> size) : AnalyticState(size)
{
    public override long Channels => weight.size(0);

    internal override Moments ToMoments() => Source().ToMoments();

    internal override MomentSource Source() => spread.OnDevice is { } onDevice
        ? new(bias, weight, new(Spread: null, Rectified: false, onDevice))
        : new(bias, weight, new(spread.Number, Rectified: false));

    internal override MomentSource ToPrior(long rows) => Source();

    public override ChannelState MoveToOuter(DisposeScope scope)
    {
        if (spread.OnDevice is { } onDevice)
            scope.MoveToOuter(onDevice);
        return this;
    }
}
