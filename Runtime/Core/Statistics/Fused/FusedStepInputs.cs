using System;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace KnDsl;

/// <summary>
/// The input moments of a fused step, after the ReLU if there is one, each repeated for every tap so that a kernel meets them element
/// by element. The variances are already weighed with the share of positions where the tap meets the input.
/// </summary>
internal sealed unsafe class FusedStepInputs<T> : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly FusedStepShape _shape;
    private readonly PooledArray<T> _means;
    private readonly PooledArray<T> _variances;

    /// <param name="source">The state before the step.</param>
    /// <param name="shape">The sizes.</param>
    /// <param name="seen">Where the taps meet the input; null means everywhere.</param>
    public FusedStepInputs(MomentSource source, FusedStepShape shape, SeenTaps? seen)
    {
        _shape = shape;
        var length = checked((int)(shape.Rows * shape.Inputs * shape.Taps));
        _means = new(length);
        _variances = new(length);
        var taps = (int)shape.Taps;
        for (var at = 0; at < shape.Rows * shape.Inputs; at++)
        {
            var (m, v) = Read(source, at);
            if (source.Form.Rectified)
            {
                var moments = Normal.Rectify(m, v);
                (m, v) = (moments.Mean, moments.Variance);
            }

            _means.Span.Slice(at * taps, taps).Fill(Saturate.To<T>(m));
            var variances = _variances.Span.Slice(at * taps, taps);
            if (seen is null)
            {
                variances.Fill(Saturate.To<T>(v));
            }
            else
            {
                for (var tap = 0; tap < taps; tap++)
                    variances[tap] = Saturate.To<T>(v * seen.Shares[tap]);
            }
        }
    }

    /// <summary>A channel's moments before the ReLU.</summary>
    public static (double Mean, double Variance) Read(MomentSource source, int at)
    {
        var m = double.CreateTruncating(NativeTensor.Pointer<T>(source.Mean)[at]);
        var v = double.CreateTruncating(NativeTensor.Pointer<T>(source.Variance)[at]);
        return (m, source.Form.Variance(v));
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

    /// <summary>The same with the first sum for each tap by itself.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="row">The row.</param>
    /// <param name="group">The group of the kernel's output channel.</param>
    /// <param name="perTap">Gets the sums of kernel times mean, one a tap.</param>
    /// <param name="turns">As many vectors, to work with.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public double Dot(T* kernel, int row, long group, Span<double> perTap, Span<Vector<T>> turns)
    {
        perTap.Clear();
        var taps = perTap.Length;
        fixed (T* means = Means(row, group))
        fixed (T* variances = Variances(row, group))
        fixed (Vector<T>* firstTurn = turns)
        {
            // Elements come round to the same taps after as many vectors as there are taps.
            var first = (T*)firstTurn;
            var last = (T*)(firstTurn + taps);
            turns.Clear();
            Vector<T> second = default;
            var sum = first;
            long i = 0;
            for (; i <= _shape.KernelLength - Vector<T>.Count; i += Vector<T>.Count)
            {
                var w = Vector.Load(kernel + i);
                Vector.Store(Vector.Load(sum) + w * Vector.Load(means + i), sum);
                second += w * w * Vector.Load(variances + i);
                sum += Vector<T>.Count;
                if (sum == last)
                    sum = first;
            }

            var secondTail = T.Zero;
            for (; i < _shape.KernelLength; i++)
            {
                perTap[(int)(i % taps)] += double.CreateTruncating(kernel[i] * means[i]);
                secondTail += kernel[i] * kernel[i] * variances[i];
            }

            for (var at = first; at < last;)
            {
                for (var tap = 0; tap < taps; tap++)
                    perTap[tap] += double.CreateTruncating(*at++);
            }

            return double.CreateTruncating(Vector.Sum(second) + secondTail);
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
