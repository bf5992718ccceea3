using System;
using System.Collections.Generic;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Functions that consist of straight lines, with jumps between them or without: moments of a Gaussian that is cut off at the
/// pieces' ends, in closed form. (Quadrature has no nodes at jumps and kinks.)
/// </summary>
internal static class PiecewiseLinear
{
    /// <summary>The largest end of a piece in 64 bits: twice the square of more would be infinite.</summary>
    private const double LargestPlace = 1e150;

    /// <summary>The moments of the function's value.</summary>
    /// <param name="moments">The moments of its argument.</param>
    /// <param name="pieces">Pieces that follow each other from minus to plus infinity.</param>
    public static Moments Pass(Moments moments, params ReadOnlySpan<Piece> pieces)
    {
        if ((CpuPieces.For(moments) ?? CudaPieces.For(moments, pieces.Length)) is { } own)
            return own.Pass(moments, Reached(pieces, LargestPlace));
        pieces = Reached(pieces, Math.Sqrt(finfo(moments.Mean.dtype).max));

        // About the function's value at the mean: the difference of two large moments would lose a small variance.
        var deviation = moments.Deviation();
        var center = zeros_like(moments.Mean);
        using (no_grad())
        {
            foreach (var piece in pieces)
            {
                var isInside = moments.Mean.gt(Held(piece.From)).logical_and(moments.Mean.le(Held(piece.To)));
                center = where(isInside, Sum(moments.Mean * Held(piece.Slope), piece.Intercept), center);
            }
        }

        Tensor first = zeros_like(center), second = zeros_like(center);
        foreach (var piece in pieces)
        {
            var (share, z, square) = Part(moments.Mean, deviation, piece);
            var offset = Sum(moments.Mean * Held(piece.Slope), piece.Intercept) - center;
            var scale = deviation * Held(piece.Slope);
            first = Sum(first, Sum(scale * z, offset * share));
            second = Sum(second, Sum(Square(scale) * square, Held(2) * scale * offset * z, Square(offset) * share));
        }

        return new(Sum(center, first), (second - Square(first)).clamp_min(Held(0)));
    }

    /// <summary>
    /// The pieces without those that no argument reaches: an end that is infinite, or whose square is no number any more, is no end, and
    /// a piece may be empty.
    /// </summary>
    private static Piece[] Reached(ReadOnlySpan<Piece> pieces, double largest)
    {
        var reached = new List<Piece>(pieces.Length);
        foreach (var piece in pieces)
        {
            var known = piece with { From = Place(piece.From), To = Place(piece.To) };
            if (known.From != known.To)
                reached.Add(known);
        }

        return [.. reached];

        double Place(double end) => end > largest ? double.PositiveInfinity : end < -largest ? double.NegativeInfinity : end;
    }

    /// <summary>The share of the standard normal between a piece's ends, and its parts of the first two moments.</summary>
    private static (Tensor Share, Tensor First, Tensor Second) Part(Tensor mean, Tensor deviation, Piece piece)
    {
        Tensor share = ones_like(mean), first = zeros_like(mean), second = zeros_like(mean);
        foreach (var (end, sign) in new[] { (piece.From, 1), (piece.To, -1) })
        {
            if (double.IsInfinity(end))
                continue;
            var z = Sum(-mean, end) / deviation;
            var density = (Square(z) * Held(-0.5)).exp() / Held(Math.Sqrt(2 * Math.PI));
            share -= Held(0.5) * (z * Held(-sign * Math.Sqrt(0.5))).erfc();
            first = Sum(first, density * Held(sign));
            second = Sum(second, z * density * Held(sign));
        }

        return (share, first, Sum(second, share));
    }
}
