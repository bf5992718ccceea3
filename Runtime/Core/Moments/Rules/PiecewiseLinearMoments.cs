using System;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Functions of pieces of straight lines, with jumps or without: moments of a Gaussian cut off at the pieces' ends, in closed
/// form. (Quadrature has no nodes at jumps and kinks.)
/// </summary>
internal static class PiecewiseLinearMoments
{
    /// <summary>The value where it is above a threshold, else a number.</summary>
    public static Moments OfThreshold(Moments x, double threshold, double value) =>
        Of(x, [new(double.NegativeInfinity, threshold, 0, value), new(threshold, double.PositiveInfinity, 1, 0)]);

    /// <summary>The value, limited to a range.</summary>
    public static Moments OfClamp(Moments x, double low, double high) =>
        Of(x, [new(double.NegativeInfinity, low, 0, low), new(low, high, 1, 0), new(high, double.PositiveInfinity, 0, high)]);

    /// <summary>The value where its size is above a number, perhaps moved towards zero by as much, else 0.</summary>
    public static Moments OfShrink(Moments x, double lambda, double move) => Of(x,
    [
        new(double.NegativeInfinity, -lambda, 1, move), new(-lambda, lambda, 0, 0), new(lambda, double.PositiveInfinity, 1, -move),
    ]);

    /// <param name="x">The moments before.</param>
    /// <param name="pieces">Pieces that follow each other from minus to plus infinity.</param>
    private static Moments Of(Moments x, ReadOnlySpan<Piece> pieces)
    {
        // About the function's value at the mean: the difference of two large moments would lose a small variance.
        var deviation = x.Variance.clamp_min(1e-24).sqrt();
        var center = zeros_like(x.Mean);
        using (no_grad())
            foreach (var piece in pieces)
                center = where((x.Mean > piece.From).logical_and(x.Mean <= piece.To), x.Mean * piece.Slope + piece.Intercept, center);

        Tensor first = zeros_like(center), second = zeros_like(center);
        foreach (var piece in pieces)
        {
            var (share, z, square) = Part(x.Mean, deviation, piece);
            var offset = x.Mean * piece.Slope + piece.Intercept - center;
            var scale = deviation * piece.Slope;
            first += scale * z + offset * share;
            second += scale.square() * square + 2 * scale * offset * z + offset.square() * share;
        }

        return new(center + first, (second - first.square()).clamp_min(0));
    }

    /// <summary>Of the standard normal between a piece's ends the share, and its shares of the first two moments.</summary>
    private static (Tensor Share, Tensor First, Tensor Second) Part(Tensor mean, Tensor deviation, Piece piece)
    {
        Tensor share = ones_like(mean), first = zeros_like(mean), second = zeros_like(mean);
        foreach (var (end, sign) in new[] { (piece.From, 1), (piece.To, -1) })
        {
            if (double.IsInfinity(end)) continue;
            var z = (end - mean) / deviation;
            var density = (z.square() * -0.5).exp() / Math.Sqrt(2 * Math.PI);
            share -= 0.5 * (z * (-sign * Math.Sqrt(0.5))).erfc();
            first += density * sign;
            second += z * density * sign;
        }

        return (share, first, second + share);
    }

    /// <summary>A straight line from one number to another.</summary>
    private readonly record struct Piece(double From, double To, double Slope, double Intercept);
}
