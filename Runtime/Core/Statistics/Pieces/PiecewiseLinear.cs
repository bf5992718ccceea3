using System;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Functions that consist of straight lines, with jumps between them or without: moments of a Gaussian that is cut off at the
/// pieces' ends, in closed form. (Quadrature has no nodes at jumps and kinks.)
/// </summary>
internal static class PiecewiseLinear
{
    /// <summary>The moments of the function's value.</summary>
    /// <param name="moments">The moments of its argument.</param>
    /// <param name="pieces">Pieces that follow each other from minus to plus infinity.</param>
    public static Moments Pass(Moments moments, params ReadOnlySpan<Piece> pieces)
    {
        if ((CpuPieces.For(moments) ?? CudaPieces.For(moments, pieces.Length)) is { } own)
            return own.Pass(moments, pieces);

        // About the function's value at the mean: the difference of two large moments would lose a small variance.
        var deviation = moments.Deviation();
        var center = zeros_like(moments.Mean);
        using (no_grad())
        {
            foreach (var piece in pieces)
            {
                var isInside = (moments.Mean > piece.From).logical_and(moments.Mean <= piece.To);
                center = where(isInside, moments.Mean * piece.Slope + piece.Intercept, center);
            }
        }

        Tensor first = zeros_like(center), second = zeros_like(center);
        foreach (var piece in pieces)
        {
            var (share, z, square) = Part(moments.Mean, deviation, piece);
            var offset = moments.Mean * piece.Slope + piece.Intercept - center;
            var scale = deviation * piece.Slope;
            first += scale * z + offset * share;
            second += scale.square() * square + 2 * scale * offset * z + offset.square() * share;
        }

        return new(center + first, (second - first.square()).clamp_min(0));
    }

    /// <summary>The share of the standard normal between a piece's ends, and its parts of the first two moments.</summary>
    private static (Tensor Share, Tensor First, Tensor Second) Part(Tensor mean, Tensor deviation, Piece piece)
    {
        Tensor share = ones_like(mean), first = zeros_like(mean), second = zeros_like(mean);
        foreach (var (end, sign) in new[] { (piece.From, 1), (piece.To, -1) })
        {
            if (double.IsInfinity(end))
                continue;
            var z = (end - mean) / deviation;
            var density = (z.square() * -0.5).exp() / Math.Sqrt(2 * Math.PI);
            share -= 0.5 * (z * (-sign * Math.Sqrt(0.5))).erfc();
            first += density * sign;
            second += z * density * sign;
        }

        return (share, first, second + share);
    }
}
