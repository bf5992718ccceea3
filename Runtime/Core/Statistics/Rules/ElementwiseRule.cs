using System;
using System.Collections.Generic;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>Any function of single elements, such as <c>functional.silu</c>: Gauss-Hermite quadrature over the Gaussian.</summary>
/// <param name="function">
/// A function that maps every element by itself and keeps the shape. It may run after the call that it is given to: a number that changes
/// until then, as the turn of a loop does, is given beside it.
/// </param>
public sealed class ElementwiseRule(Func<Tensor, Tensor> function) : ElementRule
{
    /// <summary>A function of an element and of numbers as they are now.</summary>
    /// <param name="function">A function that maps every element by itself and keeps the shape; it gets the numbers in their order.</param>
    /// <param name="numbers">The numbers.</param>
    public ElementwiseRule(Func<Tensor, IReadOnlyList<double>, Tensor> function, params double[] numbers)
        : this(value => function(value, numbers))
    {
    }

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
