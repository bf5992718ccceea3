using System;
using System.Numerics;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Moments after a function of straight lines on a CPU: one loop, which also gives their derivatives. Moments.cu is the same for a device.
/// </summary>
internal static class CpuPieces
{
    /// <summary>Whether there is a loop for them.</summary>
    public static bool Serves(Moments moments) => !DevicePath.IsTaken(moments.Mean) && !DevicePath.IsTaken(moments.Variance)
        && moments.Mean.dtype is ScalarType.Float32 or ScalarType.Float64 && moments.Variance.dtype == moments.Mean.dtype
        && moments.Variance.numel() == moments.Mean.numel() && moments.Variance.dim() == moments.Mean.dim();

    /// <inheritdoc cref="PiecewiseLinear.Pass"/>
    public static Moments Pass(Moments moments, ReadOnlySpan<Piece> pieces) => moments.Mean.dtype == ScalarType.Float32
        ? CpuPieces<float>.Pass(moments, pieces)
        : CpuPieces<double>.Pass(moments, pieces);

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

/// <summary>The loop for one element type.</summary>
internal static unsafe class CpuPieces<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public static Moments Pass(Moments moments, ReadOnlySpan<Piece> pieces)
    {
        moments = moments.Select(Strides.Contiguous);
        Tensor[] inputs = [moments.Mean, moments.Variance];
        var records = GraphNode.Records(inputs);
        Tensor[] outputs;
        Tensor? slopes;
        using (no_grad())
        {
            outputs = [empty_like(moments.Mean), empty_like(moments.Variance)];
            slopes = records ? empty([4, moments.Mean.numel()], moments.Mean.dtype, CPU) : null;
            Compute(moments, pieces, outputs, slopes);
        }

        if (slopes is not null)
            outputs = new CpuPiecesNode<T>().Attach(inputs, outputs, notDifferentiable: [], kept: [slopes], saved: 0);
        return new(outputs[0], outputs[1]);
    }

    private static void Compute(Moments moments, ReadOnlySpan<Piece> pieces, Tensor[] outputs, Tensor? slopes)
    {
        // Addresses where there are elements alone: an empty tensor has none.
        var length = (int)moments.Mean.numel();
        if (length == 0)
            return;
        var function = pieces.ToArray();
        var means = NativeTensor.Pointer<T>(moments.Mean);
        var variances = NativeTensor.Pointer<T>(moments.Variance);
        var outMeans = NativeTensor.Pointer<T>(outputs[0]);
        var outVariances = NativeTensor.Pointer<T>(outputs[1]);
        var derivatives = slopes is null ? null : NativeTensor.Pointer<T>(slopes);
        ParallelLoop.Run(length, (long)length * CostOfElement, (from, to) =>
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
    }

    /// <summary>What an element costs, in elements that are read and added.</summary>
    private const long CostOfElement = 100;
}
