using System;

namespace KnDsl;

/// <summary>Gauss-Hermite quadrature for the standard normal: E f(X) is nearly the sum of weight times f(node).</summary>
internal static class GaussHermite
{
    /// <summary>The nodes and weights of a rule.</summary>
    /// <param name="points">Number of nodes, at least 2.</param>
    public static (double[] Nodes, double[] Weights) Rule(int points)
    {
        var nodes = new double[points];
        var weights = new double[points];
        for (var i = 0; i < points; i++)
        {
            nodes[i] = Root(points, i);
            var previous = Polynomial(points - 1, nodes[i]).Value;

            // With polynomials orthonormal in the normal density the weight is 1 / (n h_{n-1}(x)^2).
            weights[i] = 1 / (points * previous * previous);
        }

        return (nodes, weights);
    }

    /// <summary>The i-th root, ascending: bisection between the roots' known bounds, by counting sign changes.</summary>
    private static double Root(int points, int index)
    {
        // Not symmetric: at 0 itself every other polynomial vanishes, and signs cannot be counted.
        var (low, high) = (-2.1 * Math.Sqrt(points), 2 * Math.Sqrt(points));
        for (var step = 0; step < 100; step++)
        {
            var middle = (low + high) / 2;
            if (Polynomial(points, middle).RootsBelow > index)
                high = middle;
            else
                low = middle;
        }

        return (low + high) / 2;
    }

    /// <summary>The orthonormal Hermite polynomial, and how many of its roots lie below x (Sturm's theorem).</summary>
    private static (double Value, int RootsBelow) Polynomial(int degree, double x)
    {
        var (before, value) = (0.0, 1.0);
        var changes = 0;
        for (var n = 0; n < degree; n++)
        {
            var next = (x * value - Math.Sqrt(n) * before) / Math.Sqrt(n + 1);
            if (next * value < 0)
                changes++;
            (before, value) = (value, next);
        }

        return (value, degree - changes);
    }
}
