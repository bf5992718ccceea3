using System;
using System.Linq;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// For normal x and t = exp(u) the expectations of exp(-t exp(x)), t exp(x) exp(-t exp(x)) and (t exp(x))^2 exp(-t exp(x)).
/// </summary>
/// <remarks>
/// Where x varies little they are sums over the nodes of a Gauss-Hermite rule for x. Where it varies much those nodes are far apart, and
/// the function falls from 1 to 0 between two of them. But it is the chance that log E exceeds u + x, for an E of the exponential
/// distribution: so the expectation is a sum over equal steps of log E, of the chance that x is below log E - u; the others are its
/// derivatives by u. Both rules agree to five digits from a deviation of 1 to one of 2.
/// </remarks>
/// <param name="Left">That of exp(-t exp(x)), [steps, R, C].</param>
/// <param name="First">That of t exp(x) exp(-t exp(x)).</param>
/// <param name="Second">That of (t exp(x))^2 exp(-t exp(x)).</param>
internal readonly record struct SoftmaxExpectations(Tensor Left, Tensor First, Tensor Second)
{
    /// <summary>The nodes of either rule.</summary>
    private const int Points = 32;

    /// <summary>The deviation up to which x is said to vary little.</summary>
    private const double Narrow = 1.5;

    /// <summary>From here on exp(-exp(x)) is 0 in 64 bits, and so are its derivatives: a number for what might be beyond 64 bits.</summary>
    private const double Gone = 7;

    private static readonly (double[] Nodes, double[] Weights) Normals = GaussHermite.Rule(Points);

    private static readonly (double[] Nodes, double[] Weights) Logarithms = OfLogarithms();

    /// <param name="u">[steps, R, 1], or [steps, R, C].</param>
    /// <param name="mean">[R, C].</param>
    /// <param name="deviation">[R, C], above 0.</param>
    public static SoftmaxExpectations Of(Tensor u, Tensor mean, Tensor deviation)
    {
        var isNarrow = deviation.detach().le(Held(Narrow));
        if (!DevicePath.IsTaken(mean))
        {
            if (DevicePath.Read<bool>(isNarrow.all()))
                return OverNormals(u, mean, deviation);
            if (!DevicePath.Read<bool>(isNarrow.any()))
                return OverLogarithms(u, mean, deviation);
        }

        var few = OverNormals(u, mean, deviation.clamp_max(Held(Narrow)));
        var many = OverLogarithms(u, mean, deviation.clamp_min(Held(Narrow)));
        return new(
            where(isNarrow, few.Left, many.Left), where(isNarrow, few.First, many.First), where(isNarrow, few.Second, many.Second));
    }

    // Both: [steps, points, R, C], then without the points.
    private static SoftmaxExpectations OverNormals(Tensor u, Tensor mean, Tensor deviation)
    {
        var weights = Column(Normals.Weights, mean).unsqueeze(0);
        var values = Sum(u.unsqueeze(1), Sum(mean, deviation * Column(Normals.Nodes, mean)).unsqueeze(0));
        var power = values.clamp_max(Held(Gone)).exp();
        var left = (-power).exp() * weights;
        var first = power * left;
        return new(left.sum([1]), first.sum([1]), (power * first).sum([1]));
    }

    private static SoftmaxExpectations OverLogarithms(Tensor u, Tensor mean, Tensor deviation)
    {
        var weights = Column(Logarithms.Weights, mean).unsqueeze(0);
        var distance = ((Column(Logarithms.Nodes, mean) - mean).unsqueeze(0) - u.unsqueeze(1)) / deviation;
        var below = (distance * Held(-Math.Sqrt(0.5))).erfc() * weights * Held(0.5);
        var density = (Square(distance) * Held(-0.5)).exp() * weights * Held(1 / Math.Sqrt(2 * Math.PI)) / deviation;
        var first = density.sum([1]);
        return new(below.sum([1]), first, first - (density * distance).sum([1]) / deviation);
    }

    /// <summary>
    /// Equal steps, of which sums are as good as integrals: the density exp(x - exp(x)) and what it is multiplied with are smooth. Outside
    /// of them are less than 10^-6 of it.
    /// </summary>
    private static (double[] Nodes, double[] Weights) OfLogarithms()
    {
        const double first = -15, step = 0.585;
        double[] nodes = [.. Enumerable.Range(0, Points).Select(i => first + step * i)];
        double[] densities = [.. nodes.Select(node => Math.Exp(node - Math.Exp(node)))];
        var sum = densities.Sum();
        return (nodes, [.. densities.Select(density => density / sum)]);
    }

    private static Tensor Column(double[] values, Tensor like) => DeviceConstants.Of(values, like.device).view(-1, 1, 1);
}
