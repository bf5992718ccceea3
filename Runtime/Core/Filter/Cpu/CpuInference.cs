using System;
using System.Numerics;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>Normalization by given statistics, and what comes after it, in one pass over the value; on a CPU, without gradients.</summary>
internal static class CpuInference
{
    /// <summary>Whether it can work on these arguments.</summary>
    public static bool Serves(Tensor x, Tensor mean, Tensor variance, Tensor weight, Tensor bias, Epilogue epilogue) =>
        x.numel() > 0 && !GraphNode.Records(x, weight, bias, epilogue.Addend) && CpuFilter.Serves(x, weight, bias)
        && CpuFilter.IsReadable(mean, x.dtype, x.size(1)) && CpuFilter.IsReadable(variance, x.dtype, x.size(1));

    /// <summary>activation(weight (x - mean) / sqrt(variance + eps) + bias + addend).</summary>
    /// <param name="x">[N, C, ...].</param>
    /// <param name="mean">[C].</param>
    /// <param name="variance">[C].</param>
    /// <param name="weight">[C].</param>
    /// <param name="bias">[C].</param>
    /// <param name="eps">Added to the variance.</param>
    /// <param name="epilogue">What comes after it.</param>
    public static Tensor Normalize(
        Tensor x, Tensor mean, Tensor variance, Tensor weight, Tensor bias, double eps, Epilogue epilogue)
    {
        if (!CpuFilter.Fuses(epilogue, x))
            return epilogue.Of(Normalize(x, mean, variance, weight, bias, eps, default));
        var y = empty_like(x);
        if (x.dtype == ScalarType.Float32)
            Normalize<float>(x, y, mean, variance, weight, bias, eps, epilogue);
        else
            Normalize<double>(x, y, mean, variance, weight, bias, eps, epilogue);
        return y;
    }

    private static unsafe void Normalize<T>(
        Tensor x, Tensor y, Tensor mean, Tensor variance, Tensor weight, Tensor bias, double eps, Epilogue epilogue)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var (channels, rows) = (x.size(1), x.size(0) * x.size(1));
        var length = x.numel() / rows;
        var values = NativeTensor.Pointer<T>(x);
        var results = NativeTensor.Pointer<T>(y);
        var means = NativeTensor.Pointer<T>(mean);
        var variances = NativeTensor.Pointer<T>(variance);
        var scales = NativeTensor.Pointer<T>(weight);
        var shifts = NativeTensor.Pointer<T>(bias);
        var addend = epilogue.Addend is { } added ? NativeTensor.Pointer<T>(added) : null;
        var passes = RowPasses<T>.Of(epilogue.Activation)!;
        ParallelLoop.Run(checked((int)rows), x.numel(), (from, to) =>
        {
            for (var row = from; row < to; row++)
            {
                var channel = row % channels;
                var scale = double.CreateTruncating(scales[channel])
                    / Math.Sqrt(double.CreateTruncating(variances[channel]) + eps);
                var shift = T.CreateTruncating(
                    double.CreateTruncating(shifts[channel]) - double.CreateTruncating(means[channel]) * scale);
                var at = row * length;
                if (addend is null)
                    passes.Affine(values + at, results + at, length, T.CreateTruncating(scale), shift);
                else
                    passes.AffineAndAdd(values + at, addend + at, results + at, length, T.CreateTruncating(scale), shift);
            }
        });
        NativeTensor.Keep(x, y, mean, variance, weight, bias, epilogue.Addend);
    }
}
