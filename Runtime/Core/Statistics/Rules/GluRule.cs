using System.Collections.Generic;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Gated linear unit over the channels: the first half times the sigmoid of the second, taken as independent. C channels
/// become C / 2.
/// </summary>
public sealed class GluRule : MomentRule
{
    private static readonly ElementwiseRule Sigmoid = new(value => nn.functional.sigmoid(value));

    internal override Moments Pass(Moments moments, IReadOnlyList<long> from, IReadOnlyList<long> to)
    {
        var (values, gates) = Halves(moments);
        return ProductRule.Multiply(values, Sigmoid.Pass(gates, from, to));
    }

    internal override SampledState Pass(SampledState state, IReadOnlyList<long> to)
    {
        // The sigmoid waits for a map of the gates to be drawn, as every function of elements does.
        var (values, gates) = Halves(state.ToMoments());
        var opened = Sigmoid.Pass(new SampledState(gates, state.Size), to).ToMoments();
        return new(ProductRule.Multiply(values, opened), to);
    }

    private static (Moments Values, Moments Gates) Halves(Moments moments)
    {
        var half = moments.Channels / 2;
        return (moments.Select(tensor => tensor.narrow(1, 0, half)), moments.Select(tensor => tensor.narrow(1, half, half)));
    }
}
