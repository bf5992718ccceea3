using System;
using System.Collections.Generic;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Softmax and its logarithm over independent Gaussians x_j with S = sum exp(x_j), as integrals of one dimension. With
/// f_j(t) = E exp(-t exp(x_j)) and F = product f_j, the chance that exp(-t S) leaves:
/// <code>
/// E p_i   = integral dt   E(exp(x_i) exp(-t exp(x_i)))    F / f_i        since 1 / S   = integral exp(-t S) dt
/// E p_i^2 = integral dt t E(exp(2 x_i) exp(-t exp(x_i)))  F / f_i        since 1 / S^2 = integral t exp(-t S) dt
/// </code>
/// and F(exp(u)) is the chance that log E - log S exceeds u, for an E of the exponential distribution: that gives mean and
/// variance of log S; its covariance with x_i is v_i E p_i (Stein's lemma). The integrals are sums over equal steps of log t,
/// the expectations those of <see cref="SoftmaxExpectations"/>.
/// </summary>
internal static class SoftmaxIntegrals
{
    private const int Steps = 96;

    /// <summary>Longer steps may go past what a channel of a small variance adds.</summary>
    private const double LongestStep = 1.25;

    /// <summary>The least deviation, in steps longer than that, which none goes past.</summary>
    private const double LeastDeviation = 0.6;

    private const double EulersConstant = 0.57721566490153286;

    /// <summary>The moments of a softmax over a dimension, or of its logarithm.</summary>
    /// <param name="x">The moments before.</param>
    /// <param name="dim">The dimension: 1 is the channels, others are positions of a channel.</param>
    /// <param name="size">The value's spatial size.</param>
    /// <param name="log">Whether the logarithm is meant.</param>
    public static Moments Pass(Moments x, long dim, IReadOnlyList<long> size, bool log)
    {
        var dimension = Dimensions.Resolve(dim, size);
        return dimension == 1
            ? Pass(x, log, sum => sum.sum([-1], keepdim: true), all => all.amax([-1], keepdim: true))
            : Pass(x, log, sum => sum * Held(size[dimension - 2]), each => each);
    }

    /// <param name="x">The moments before.</param>
    /// <param name="log">Whether the logarithm is meant.</param>
    /// <param name="overAll">From a number of one element of every channel to that of all which are added up.</param>
    /// <param name="largest">The largest number of the channels that one sum has elements of.</param>
    private static Moments Pass(Moments x, bool log, Func<Tensor, Tensor> overAll, Func<Tensor, Tensor> largest)
    {
        using var scope = NewDisposeScope();
        var type = x.Mean.dtype;
        var (mean, variance) = (x.Mean.to(ScalarType.Float64), x.Variance.to(ScalarType.Float64));
        var deviation = new Moments(mean, variance).Deviation();
        var (_, longest) = Grid(mean.detach(), deviation.detach(), overAll, largest);
        // Steps are long where a channel varies much. Beside it, a tenth of its deviation in the place of a smaller one hardly matters.
        var excess = (Square(longest.squeeze(0)) - Held(LongestStep * LongestStep)).clamp_min(Held(0)).sqrt();
        deviation = maximum(deviation, excess * Held(LeastDeviation));
        var (u, step) = Grid(mean.detach(), deviation.detach(), overAll, largest);

        var expected = SoftmaxExpectations.Of(u, mean, deviation);
        var each = expected.Left.clamp_min(Held(1e-300)).log();
        var all = overAll(each);
        var others = (all - each).exp();

        // exp(u) comes from dt = exp(u) du.
        var share = (expected.First * others * step).sum([0]);
        var (first, second) = log
            ? Logarithm(mean, variance, share, all.exp(), u, step)
            : (share, (expected.Second * others * step).sum([0]) - Square(share));
        return new(scope.MoveToOuter(first.to(type)), scope.MoveToOuter(second.clamp_min(Held(0)).to(type)));
    }

    private static (Tensor Mean, Tensor Variance) Logarithm(
        Tensor mean, Tensor variance, Tensor share, Tensor survival, Tensor u, Tensor step)
    {
        // Moments of log E - log S about the grid's first point, where it is certain to lie above.
        var weights = ones_like(u);
        weights[0].fill_(Held(0.5));
        var about = u - u[0];
        var first = (survival * weights * step).sum([0]);
        // The trapezoid rule's error at that end, where the integrand has slope 1.
        var square = Sum((survival * weights * about * step).sum([0]) * Held(2), Square(step[0]) / Held(6));
        var logMean = Sum(-Sum(u[0], first), -EulersConstant);
        var logVariance = square - Square(first) - Held(Math.PI * Math.PI / 6);
        return (mean - logMean, Sum(variance, logVariance) - Held(2) * variance * share);
    }

    /// <summary>Where log t counts: around -log S, with the tails of S and of a Gumbel distribution.</summary>
    private static (Tensor U, Tensor Step) Grid(
        Tensor mean, Tensor deviation, Func<Tensor, Tensor> overAll, Func<Tensor, Tensor> largest)
    {
        const double spread = 8, leftTail = 30, rightTail = 5;
        var terms = overAll(ones_like(mean));
        var upper = Sum(largest(Sum(mean, Held(spread) * deviation)), largest(terms).log());
        var lower = largest(mean - Held(spread) * deviation);
        var low = -upper - Held(leftTail);
        var step = (Sum(-lower, rightTail) - low) / Held(Steps - 1);
        var counted = Range(Steps, ScalarType.Float64, mean.device).view(-1, 1, 1);
        return (Sum(low.unsqueeze(0), step.unsqueeze(0) * counted), step.unsqueeze(0));
    }
}
