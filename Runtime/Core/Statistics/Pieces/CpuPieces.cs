using System;
using System.Numerics;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Moments after a function of straight lines on a CPU: one loop, which also gives their derivatives. Moments.cu is the same for a device.
/// </summary>
internal static class CpuPieces
{
    /// <summary>A use of the loop; null where there is none for these moments.</summary>
    public static PiecesNode? For(Moments moments) => DevicePath.IsTaken(moments.Mean) || DevicePath.IsTaken(moments.Variance)
        || moments.Variance.dtype != moments.Mean.dtype
        || moments.Variance.numel() != moments.Mean.numel() || moments.Variance.dim() != moments.Mean.dim() ? null
        : moments.Mean.dtype == ScalarType.Float32 ? new CpuPieces<float>()
        : moments.Mean.dtype == ScalarType.Float64 ? new CpuPieces<double>() : null;

    /// <summary>Mean and variance of the function's value.</summary>
    /// <param name="mean">The mean of its argument.</param>
    /// <param name="variance">The variance of its argument.</param>
    /// <param name="pieces">The function.</param>
    public static (Dual Mean, Dual Variance) Of(double mean, double variance, ReadOnlySpan<Piece> pieces)
    {
        var m = new Dual(mean, 1, 0);
        var root = Math.Sqrt(Math.Max(variance, Normal.MinVariance));
        var deviation = new Dual(root, 0, variance > Normal.MinVariance ? 0.5 / root : 0);
        var inverse = deviation.Chain(1 / root, -1 / (root * root));
        // About the function's value at the mean: the difference of two large moments would lose a small variance.
        var center = 0.0;
        foreach (var piece in pieces)
        {
            if (mean > piece.From && mean <= piece.To)
                center = mean * piece.Slope + piece.Intercept;
        }

        Dual first = 0, second = 0;
        foreach (var piece in pieces)
        {
            var (share, part, square) = Between(piece, m, inverse);
            var offset = m * piece.Slope + (piece.Intercept - center);
            var scale = deviation * piece.Slope;
            first += scale * part + offset * share;
            second += scale * scale * (square + share) + 2 * scale * offset * part + offset * offset * share;
        }

        var spread = second - first * first;
        return (center + first, spread.Value < 0 ? 0 : spread);
    }

    /// <summary>
    /// The share of the argument's values between a piece's ends, and its parts of the standard normal's first two moments.
    /// </summary>
    private static (Dual Share, Dual First, Dual Second) Between(Piece piece, Dual mean, Dual inverse)
    {
        // Above minus infinity is all, and above infinity nothing.
        var (share, first, second) = double.IsInfinity(piece.From) ? (1, 0, 0) : Above(piece.From, mean, inverse);
        if (double.IsInfinity(piece.To))
            return (share, first, second);
        var (outside, firstOutside, secondOutside) = Above(piece.To, mean, inverse);
        return (share - outside, first - firstOutside, second - secondOutside);
    }

    private static (Dual Share, Dual First, Dual Second) Above(double place, Dual mean, Dual inverse)
    {
        var z = (place - mean) * inverse;
        var density = Normal.Density(z.Value);
        var phi = z.Chain(density, -z.Value * density);
        return (z.Chain(Normal.Below(-z.Value), -density), phi, z * phi);
    }
}

/// <summary>The loops for one element type.</summary>
internal sealed unsafe class CpuPieces<T> : PiecesNode
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>What an element costs, in elements that are read and added.</summary>
    private const long CostOfElement = 100;

    protected override void Compute(Moments moments, ReadOnlySpan<Piece> pieces, Moments outputs, Tensor? slopes)
    {
        // Addresses where there are elements alone: an empty tensor has none.
        var length = (int)moments.Mean.numel();
        if (length == 0)
            return;
        var function = pieces.ToArray();
        var means = NativeTensor.Pointer<T>(moments.Mean);
        var variances = NativeTensor.Pointer<T>(moments.Variance);
        var outMeans = NativeTensor.Pointer<T>(outputs.Mean);
        var outVariances = NativeTensor.Pointer<T>(outputs.Variance);
        var derivatives = slopes is null ? null : NativeTensor.Pointer<T>(slopes);
        ParallelLoop.Run(length, length * CostOfElement, (from, to) =>
        {
            for (var i = from; i < to; i++)
            {
                var (mean, variance) = CpuPieces.Of(
                    double.CreateTruncating(means[i]), double.CreateTruncating(variances[i]), function);
                outMeans[i] = Saturate.To<T>(mean.Value);
                outVariances[i] = Saturate.To<T>(variance.Value);
                if (derivatives is null)
                    continue;
                derivatives[i] = T.CreateTruncating(mean.ByMean);
                derivatives[length + i] = T.CreateTruncating(mean.ByVariance);
                derivatives[2 * length + i] = T.CreateTruncating(variance.ByMean);
                derivatives[3 * length + i] = T.CreateTruncating(variance.ByVariance);
            }
        });
        NativeTensor.Keep(moments.Mean, moments.Variance, outputs.Mean, outputs.Variance, slopes);
    }

    protected override void Propagate(Tensor slopes, Tensor? gm, Tensor? gv, Moments results)
    {
        var length = slopes.size(1);
        var by = NativeTensor.Pointer<T>(slopes);
        var ofMean = gm is null ? null : NativeTensor.Pointer<T>(gm);
        var ofVariance = gv is null ? null : NativeTensor.Pointer<T>(gv);
        var byMean = NativeTensor.Pointer<T>(results.Mean);
        var byVariance = NativeTensor.Pointer<T>(results.Variance);
        for (long i = 0; i < length; i++)
        {
            var (m, v) = (ofMean is null ? T.Zero : ofMean[i], ofVariance is null ? T.Zero : ofVariance[i]);
            byMean[i] = m * by[i] + v * by[2 * length + i];
            byVariance[i] = m * by[length + i] + v * by[3 * length + i];
        }

        NativeTensor.Keep(slopes, gm, gv, results.Mean, results.Variance);
    }
}
