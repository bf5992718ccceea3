using System;
using System.Numerics;
using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// A step's input moments, behind the ReLU if there is one, each repeated for every tap so that a kernel meets them element
/// by element.
/// </summary>
internal sealed unsafe class TransitionInputs<T> : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly TransitionShape _shape;
    private readonly Pooled<T> _means;
    private readonly Pooled<T> _variances;

    private TransitionInputs(TransitionShape shape)
    {
        _shape = shape;
        var length = checked((int)(shape.Rows * shape.Inputs * shape.Taps));
        _means = new(length);
        _variances = new(length);
    }

    public static TransitionInputs<T> Of(
        Tensor mean, Tensor variance, bool emitted, bool rectified, TransitionShape shape)
    {
        var result = new TransitionInputs<T>(shape);
        var taps = (int)shape.Taps;
        for (var at = 0; at < shape.Rows * shape.Inputs; at++)
        {
            var (m, v) = Read(mean, variance, emitted, at);
            if (rectified)
            {
                var moments = Normal.Rectify(m, v);
                (m, v) = (moments.Mean, moments.Variance);
            }

            result._means.Span.Slice(at * taps, taps).Fill(Narrow.To<T>(m));
            result._variances.Span.Slice(at * taps, taps).Fill(Narrow.To<T>(v));
        }

        return result;
    }

    /// <summary>A channel's moments before the ReLU.</summary>
    public static (double Mean, double Variance) Read(Tensor mean, Tensor variance, bool emitted, int at)
    {
        var m = double.CreateTruncating(NativeTensor.Pointer<T>(mean)[at]);
        var v = double.CreateTruncating(NativeTensor.Pointer<T>(variance)[at]);
        return (m, emitted ? v * v : v);
    }

    /// <summary>The row's means, as many as the kernel of a group is long.</summary>
    public ReadOnlySpan<T> Means(int row, long group) => _means.Span.Slice(At(row, group), (int)_shape.KernelLength);

    /// <summary>The row's variances.</summary>
    public ReadOnlySpan<T> Variances(int row, long group) =>
        _variances.Span.Slice(At(row, group), (int)_shape.KernelLength);

    /// <summary>The sums of kernel times mean and of squared kernel times variance.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public (double Mean, double Variance) Dot(T* kernel, int row, long group)
    {
        fixed (T* means = Means(row, group))
        fixed (T* variances = Variances(row, group))
        {
            Vector<T> first = default, second = default;
            long i = 0;
            for (; i <= _shape.KernelLength - Vector<T>.Count; i += Vector<T>.Count)
            {
                var w = Vector.Load(kernel + i);
                first += w * Vector.Load(means + i);
                second += w * w * Vector.Load(variances + i);
            }

            var (firstTail, secondTail) = (T.Zero, T.Zero);
            for (; i < _shape.KernelLength; i++)
            {
                firstTail += kernel[i] * means[i];
                secondTail += kernel[i] * kernel[i] * variances[i];
            }

            return (
                double.CreateTruncating(Vector.Sum(first) + firstTail),
                double.CreateTruncating(Vector.Sum(second) + secondTail));
        }
    }

    public void Dispose()
    {
        _means.Dispose();
        _variances.Dispose();
    }

    private int At(int row, long group) =>
        (int)((row * _shape.Inputs + group * _shape.GroupInputs) * _shape.Taps);
}
