using System;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace KnDsl;

/// <summary>
/// Statistics of contiguous rows of numbers, in the processor's vectors. Sums are of the row's type over at most
/// <see cref="Chunk"/> elements and in double beyond.
/// </summary>
internal static unsafe class RowStatistics<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Elements that stay in the first-level cache between two passes.</summary>
    public const long Chunk = 2048;

    /// <summary>Adds a row to a statistic (Chan's parallel update; each chunk is centred before it is squared).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Observe(T* row, long length, ref Statistic statistic)
    {
        for (long start = 0; start < length; start += Chunk)
        {
            var count = Math.Min(Chunk, length - start);
            var total = Sum(row + start, count);
            if (!double.IsFinite(total))
                total = SumInDouble(row + start, count);
            var center = T.CreateTruncating(total / count);
            var (sum, squares) = CenteredSums(row + start, count, center);
            if (!double.IsFinite(squares))
                (sum, squares) = CenteredSumsInDouble(row + start, count, center);
            statistic.Add(
                count, double.CreateTruncating(center) + sum / count, Math.Max(0, squares - sum * sum / count));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Sum(T* x, long length)
    {
        Vector<T> a = default, b = default, c = default, d = default;
        long i = 0;
        for (; i <= length - 4 * Vector<T>.Count; i += 4 * Vector<T>.Count)
        {
            a += Vector.Load(x + i);
            b += Vector.Load(x + i + Vector<T>.Count);
            c += Vector.Load(x + i + 2 * Vector<T>.Count);
            d += Vector.Load(x + i + 3 * Vector<T>.Count);
        }

        var tail = T.Zero;
        for (; i < length; i++)
            tail += x[i];
        return double.CreateTruncating(Vector.Sum(a + b + (c + d)) + tail);
    }

    /// <summary>For values whose sum the row's type cannot hold.</summary>
    private static double SumInDouble(T* x, long length)
    {
        double sum = 0;
        for (long i = 0; i < length; i++)
            sum += double.CreateTruncating(x[i]);
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static (double Sum, double Squares) CenteredSums(T* x, long length, T center)
    {
        var centers = new Vector<T>(center);
        Vector<T> sumA = default, sumB = default, squaresA = default, squaresB = default;
        long i = 0;
        for (; i <= length - 2 * Vector<T>.Count; i += 2 * Vector<T>.Count)
        {
            var (a, b) = (Vector.Load(x + i) - centers, Vector.Load(x + i + Vector<T>.Count) - centers);
            sumA += a;
            sumB += b;
            squaresA += a * a;
            squaresB += b * b;
        }

        T sum = T.Zero, squares = T.Zero;
        for (; i < length; i++)
        {
            var d = x[i] - center;
            sum += d;
            squares += d * d;
        }

        return (
            double.CreateTruncating(Vector.Sum(sumA + sumB) + sum),
            double.CreateTruncating(Vector.Sum(squaresA + squaresB) + squares));
    }

    /// <summary>For values whose squares the row's type cannot hold.</summary>
    private static (double Sum, double Squares) CenteredSumsInDouble(T* x, long length, T center)
    {
        double sum = 0, squares = 0;
        for (long i = 0; i < length; i++)
        {
            var d = double.CreateTruncating(x[i]) - double.CreateTruncating(center);
            sum += d;
            squares += d * d;
        }

        return (sum, squares);
    }
}
