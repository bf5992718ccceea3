using System;
using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace KnDsl.Training;

/// <summary>
/// Resizes images as PIL's <c>Image.resize</c> does: antialiased, that is, the filter grows with the pixels of the result where an
/// image is made smaller. Computed in the whole numbers that Pillow computes in, so the values are the same on every machine.
/// </summary>
public static class Resampler
{
    /// <summary>Resizes an image or a part of it.</summary>
    /// <param name="image">The image. It is left as it is.</param>
    /// <param name="width">Pixels in a row of the result.</param>
    /// <param name="height">Rows of the result.</param>
    /// <param name="filter">The filter.</param>
    /// <param name="box">The part that is resized, the whole image if null. As in PIL the filter reaches beyond its edges.</param>
    /// <returns>A new image, to be disposed.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A side is less than 1, or the box is empty or goes beyond the image.</exception>
    public static RgbImage Resize(
        RgbImage image, int width, int height, Resampling filter = Resampling.Bilinear, PixelBox? box = null) =>
        Resize(image, width, height, new(0, 0, width, height), filter, box);

    /// <summary>Resizes an image and computes only a part of the result.</summary>
    /// <param name="image">The image. It is left as it is.</param>
    /// <param name="width">Pixels in a row of the whole result.</param>
    /// <param name="height">Rows of the whole result.</param>
    /// <param name="part">The part of the result that is given back.</param>
    /// <param name="filter">The filter.</param>
    /// <param name="box">What is resized, the whole image if null.</param>
    internal static RgbImage Resize(RgbImage image, int width, int height, PixelArea part, Resampling filter, PixelBox? box = null)
    {
        Setting.AtLeastOne(width);
        Setting.AtLeastOne(height);
        var source = box ?? new(0, 0, image.Width, image.Height);
        if (!(source.Left >= 0 && source.Top >= 0 && source.Right <= image.Width && source.Bottom <= image.Height
            && source.Left < source.Right && source.Top < source.Bottom))
        {
            throw Setting.OutOfRange(nameof(box), source, $"must lie in the image of {image.Width} x {image.Height} pixels");
        }

        var across = new ResamplingWeights(filter, image.Width, source.Left, source.Right, width, part.Left, part.Width);
        var down = new ResamplingWeights(filter, image.Height, source.Top, source.Bottom, height, part.Top, part.Height);
        var result = new RgbImage(part.Width, part.Height);
        var firstRow = down.Firsts[0];
        var rows = down.End - firstRow;
        var stride = part.Width * RgbImage.BytesPerPixel;
        var between = ArrayPool<byte>.Shared.Rent(checked(rows * stride + RgbImage.Slack));
        try
        {
            ResizeRows(image, firstRow, rows, across, between);
            ResizeColumns(between, firstRow, stride, down, result);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(between);
        }
        return result;
    }

    private static void ResizeRows(RgbImage image, int firstRow, int rows, ResamplingWeights across, byte[] target)
    {
        // Two pixels fill a vector; each weight is there four times, for the bytes of its pixel.
        var pairs = across.Taps / 2;
        var places = across.Firsts.Length;
        var spread = ArrayPool<int>.Shared.Rent(places * pairs * Vector256<int>.Count);
        for (var place = 0; place < places; place++)
        {
            var weights = across.Of(place);
            for (var tap = 0; tap < weights.Length; tap++)
                spread.AsSpan((place * weights.Length + tap) * RgbImage.BytesPerPixel, RgbImage.BytesPerPixel).Fill(weights[tap]);
        }

        ref var written = ref MemoryMarshal.GetArrayDataReference(target);
        for (var row = 0; row < rows; row++)
        {
            var pixels = image.Memory[((firstRow + row) * image.Stride)..];
            ref var weight = ref MemoryMarshal.GetArrayDataReference(spread);
            for (var place = 0; place < places; place++)
            {
                // Weights of zero at the end of the image would stand for pixels that are not there.
                var first = across.Firsts[place];
                var last = Math.Min(pairs, (image.Width - first + 1) / 2);
                ref var read = ref Unsafe.Add(ref MemoryMarshal.GetReference(pixels), first * RgbImage.BytesPerPixel);
                var sum = Vector256<int>.Zero;
                for (var pair = 0; pair < last; pair++)
                    sum += Widen(ref read, pair * 8) * Vector256.LoadUnsafe(ref weight, (nuint)(pair * 8));
                weight = ref Unsafe.Add(ref weight, pairs * 8);
                var pixel = Finish(sum.GetLower() + sum.GetUpper());
                Unsafe.WriteUnaligned(ref written, pixel);
                written = ref Unsafe.Add(ref written, RgbImage.BytesPerPixel);
            }
        }
        ArrayPool<int>.Shared.Return(spread);
    }

    private static void ResizeColumns(byte[] rows, int firstRow, int stride, ResamplingWeights down, RgbImage result)
    {
        var half = Vector256.Create(1 << (ResamplingWeights.Precision - 1));
        for (var row = 0; row < down.Firsts.Length; row++)
        {
            var weights = down.Of(row);
            var last = weights.Length;
            while (last > 1 && weights[last - 1] == 0)
                last--;
            ref var read = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(rows), (down.Firsts[row] - firstRow) * stride);
            ref var written = ref Unsafe.Add(ref MemoryMarshal.GetReference(result.Memory), row * stride);
            // The vectors of the last pixels reach into the next row, which is written after this one, or into the slack.
            for (var place = 0; place < stride; place += Vector256<byte>.Count)
            {
                var (a, b, c, d) = (half, half, half, half);
                ref var column = ref Unsafe.Add(ref read, place);
                for (var tap = 0; tap < last; tap++)
                {
                    var weight = Vector256.Create(weights[tap]);
                    a += Widen(ref column, 0) * weight;
                    b += Widen(ref column, 8) * weight;
                    c += Widen(ref column, 16) * weight;
                    d += Widen(ref column, 24) * weight;
                    column = ref Unsafe.Add(ref column, stride);
                }
                Vector256.Narrow(Vector256.Narrow(Level(a), Level(b)), Vector256.Narrow(Level(c), Level(d)))
                    .StoreUnsafe(ref written, (nuint)place);
            }
        }
    }

    /// <summary>Eight bytes as eight whole numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Widen(ref byte bytes, int offset)
    {
        var eight = Vector128.CreateScalar(Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref bytes, offset))).AsByte();
        if (Avx2.IsSupported)
            return Avx2.ConvertToVector256Int32(eight);
        var wide = Vector128.WidenLower(eight);
        return Vector256.Create(Vector128.WidenLower(wide), Vector128.WidenUpper(wide)).AsInt32();
    }

    /// <summary>A sum of weighted levels as a level.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Level(Vector256<int> sum) => Vector256.Min(
        Vector256.Max(Vector256.ShiftRightArithmetic(sum, ResamplingWeights.Precision), Vector256<int>.Zero),
        Vector256.Create(255)).AsUInt32();

    /// <summary>The sums of one pixel as its four bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Finish(Vector128<int> sum)
    {
        var level = Vector128.Min(
            Vector128.Max(
                Vector128.ShiftRightArithmetic(
                    sum + Vector128.Create(1 << (ResamplingWeights.Precision - 1)), ResamplingWeights.Precision),
                Vector128<int>.Zero),
            Vector128.Create(255)).AsUInt32();
        var half = Vector128.Narrow(level, level);
        return Vector128.Narrow(half, half).AsUInt32().ToScalar();
    }
}
