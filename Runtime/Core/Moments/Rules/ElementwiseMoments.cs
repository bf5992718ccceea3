using System;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>Any function of single elements: Gauss-Hermite quadrature over the Gaussian.</summary>
internal static class ElementwiseMoments
{
    private const int Points = 64;

    private static readonly (double[] Nodes, double[] Weights) Rule = GaussHermite.Of(Points);

    public static Moments Of(Moments x, Func<Tensor, Tensor> function)
    {
        using var scope = NewDisposeScope();
        var nodes = Constant(Rule.Nodes, x.Mean);
        var weights = Constant(Rule.Weights, x.Mean);
        var deviation = x.Variance.clamp_min(1e-24).sqrt();
        var values = function(x.Mean + deviation * nodes);
        var mean = (values * weights).sum([0]);

        // About the mean: the difference of two large moments would lose every digit of a small variance.
        var variance = ((values - mean).square() * weights).sum([0]);
        return new(scope.MoveToOuter(mean), scope.MoveToOuter(variance));
    }

    private static Tensor Constant(double[] values, Tensor like) =>
        tensor(values, like.dtype, like.device).view(-1, 1, 1);
}
