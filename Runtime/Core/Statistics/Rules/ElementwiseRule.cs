using System;
using System.Collections.Generic;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>Any function of single elements, such as <c>functional.silu</c>: Gauss-Hermite quadrature over the Gaussian.</summary>
/// <param name="function">A function that maps every element by itself and keeps the shape.</param>
public sealed class ElementwiseRule(Func<Tensor, Tensor> function) : ElementRule
{
    private const int Points = 64;

    private static readonly (double[] Nodes, double[] Weights) Rule = GaussHermite.Rule(Points);

    private protected override Tensor Apply(Tensor map) => function(map);

    internal override Moments Pass(Moments moments, IReadOnlyList<long> from, IReadOnlyList<long> to)
    {
        using var scope = NewDisposeScope();
        var nodes = Constant(Rule.Nodes, moments.Mean);
        var weights = Constant(Rule.Weights, moments.Mean);
        var values = function(Sum(moments.Mean, moments.Deviation() * nodes));
        var mean = (values * weights).sum([0]);

        // About the mean: the difference of two large moments would lose every digit of a small variance.
        var variance = (Square(values - mean) * weights).sum([0]);
        return new(scope.MoveToOuter(mean), scope.MoveToOuter(variance));
    }

    private static Tensor Constant(double[] values, Tensor like) =>
        DeviceConstants.Of(values, like.device).to(like.dtype).view(-1, 1, 1);
}
