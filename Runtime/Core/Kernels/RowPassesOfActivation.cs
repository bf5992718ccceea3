using System;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace KnDsl;

/// <summary>The passes with one activation.</summary>
internal sealed unsafe class RowPasses<T, TActivation> : RowPasses<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TActivation : struct, IActivation<T>
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Affine(T* x, T* y, long length, T scale, T shift)
    {
        var (scales, shifts) = (new Vector<T>(scale), new Vector<T>(shift));
        long i = 0;
        for (; i <= length - Vector<T>.Count; i += Vector<T>.Count)
            Vector.Store(TActivation.Of(Vector.Load(x + i) * scales + shifts), y + i);
        for (; i < length; i++)
            y[i] = TActivation.Of(x[i] * scale + shift);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void AffineAndAdd(T* x, T* addend, T* y, long length, T scale, T shift)
    {
        var (scales, shifts) = (new Vector<T>(scale), new Vector<T>(shift));
        long i = 0;
        for (; i <= length - Vector<T>.Count; i += Vector<T>.Count)
            Vector.Store(TActivation.Of(Vector.Load(x + i) * scales + shifts + Vector.Load(addend + i)), y + i);
        for (; i < length; i++)
            y[i] = TActivation.Of(x[i] * scale + shift + addend[i]);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Correlate(T* g, T* x, long length, T scale, T shift, T center, ref double sum, ref double product)
    {
        var (scales, shifts, centers) = (new Vector<T>(scale), new Vector<T>(shift), new Vector<T>(center));
        for (long start = 0; start < length; start += RowStatistics<T>.Chunk)
        {
            var end = Math.Min(start + RowStatistics<T>.Chunk, length);
            Vector<T> sumA = default, sumB = default, productA = default, productB = default;
            var i = start;
            for (; i <= end - 2 * Vector<T>.Count; i += 2 * Vector<T>.Count)
            {
                var (xa, xb) = (Vector.Load(x + i), Vector.Load(x + i + Vector<T>.Count));
                var ga = TActivation.Gradient(xa * scales + shifts, Vector.Load(g + i));
                var gb = TActivation.Gradient(xb * scales + shifts, Vector.Load(g + i + Vector<T>.Count));
                sumA += ga;
                sumB += gb;
                productA += ga * (xa - centers);
                productB += gb * (xb - centers);
            }

            T tailSum = T.Zero, tailProduct = T.Zero;
            for (; i < end; i++)
            {
                var gi = TActivation.Gradient(x[i] * scale + shift, g[i]);
                tailSum += gi;
                tailProduct += gi * (x[i] - center);
            }

            sum += double.CreateTruncating(Vector.Sum(sumA + sumB) + tailSum);
            var products = double.CreateTruncating(Vector.Sum(productA + productB) + tailProduct);
            if (!double.IsFinite(products))
            {
                products = 0;
                for (var at = start; at < end; at++)
                    products += Product(TActivation.Gradient(x[at] * scale + shift, g[at]), x[at], center);
            }

            product += products;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void CorrelateByOutput(
        T* g, T* x, T* y, T* before, long length, T center, ref double sum, ref double product)
    {
        var centers = new Vector<T>(center);
        for (long start = 0; start < length; start += RowStatistics<T>.Chunk)
        {
            var end = Math.Min(start + RowStatistics<T>.Chunk, length);
            Vector<T> sumA = default, sumB = default, productA = default, productB = default;
            var i = start;
            for (; i <= end - 2 * Vector<T>.Count; i += 2 * Vector<T>.Count)
            {
                var ga = TActivation.Gradient(Vector.Load(y + i), Vector.Load(g + i));
                var gb = TActivation.Gradient(Vector.Load(y + i + Vector<T>.Count), Vector.Load(g + i + Vector<T>.Count));
                Vector.Store(ga, before + i);
                Vector.Store(gb, before + i + Vector<T>.Count);
                sumA += ga;
                sumB += gb;
                productA += ga * (Vector.Load(x + i) - centers);
                productB += gb * (Vector.Load(x + i + Vector<T>.Count) - centers);
            }

            T tailSum = T.Zero, tailProduct = T.Zero;
            for (; i < end; i++)
            {
                before[i] = TActivation.Gradient(y[i], g[i]);
                tailSum += before[i];
                tailProduct += before[i] * (x[i] - center);
            }

            sum += double.CreateTruncating(Vector.Sum(sumA + sumB) + tailSum);
            var products = double.CreateTruncating(Vector.Sum(productA + productB) + tailProduct);
            if (!double.IsFinite(products))
            {
                products = 0;
                for (var at = start; at < end; at++)
                    products += Product(before[at], x[at], center);
            }

            product += products;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Combine(T* g, T* x, T* result, long length, T scale, T shift, T a, T b, T center, T c)
    {
        var (scales, shifts) = (new Vector<T>(scale), new Vector<T>(shift));
        var (va, vb, vc, centers) = (new Vector<T>(a), new Vector<T>(b), new Vector<T>(c), new Vector<T>(center));
        long i = 0;
        for (; i <= length - Vector<T>.Count; i += Vector<T>.Count)
        {
            var vx = Vector.Load(x + i);
            var before = TActivation.Gradient(vx * scales + shifts, Vector.Load(g + i));
            Vector.Store(va * before + (vb * (vx - centers) + vc), result + i);
        }

        for (; i < length; i++)
            result[i] = a * TActivation.Gradient(x[i] * scale + shift, g[i]) + (b * (x[i] - center) + c);
    }

    /// <summary>For values whose products the row's type cannot hold.</summary>
    private static double Product(T gradient, T x, T center) =>
        double.CreateTruncating(gradient) * (double.CreateTruncating(x) - double.CreateTruncating(center));
}
