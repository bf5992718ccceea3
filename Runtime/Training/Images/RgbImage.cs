using System;
using System.Buffers;

namespace KnDsl.Training;

/// <summary>
/// An image of 8-bit red, green and blue in memory that is used again: dispose it after use. Each pixel takes four bytes, of which the
/// last means nothing. One thread at a time may use an image.
/// </summary>
public sealed class RgbImage : IDisposable
{
    /// <summary>Bytes from one pixel to the next.</summary>
    public const int BytesPerPixel = 4;

    /// <summary>Bytes after the last pixel, so that vectors may read and write a little further than the last row.</summary>
    internal const int Slack = 64;

    private readonly int stride;
    private byte[]? buffer;
    private int offset;

    /// <summary>An image whose pixels have any values until they are set.</summary>
    /// <param name="width">Pixels in a row.</param>
    /// <param name="height">Rows.</param>
    /// <exception cref="ArgumentOutOfRangeException">A side is less than 1, or the pixels do not fit in one array.</exception>
    public RgbImage(int width, int height)
    {
        Width = (int)Setting.AtLeastOne(width);
        Height = (int)Setting.AtLeastOne(height);
        var bytes = (long)width * height * BytesPerPixel + Slack;
        if (bytes > Array.MaxLength)
            throw Setting.OutOfRange(nameof(height), height, $"makes, with a width of {width}, more pixels than an array can hold");
        stride = width * BytesPerPixel;
        buffer = ArrayPool<byte>.Shared.Rent((int)bytes);
    }

    /// <summary>Pixels in a row.</summary>
    public int Width { get; private set; }

    /// <summary>Rows.</summary>
    public int Height { get; private set; }

    /// <summary>Bytes from one row to the next.</summary>
    internal int Stride => stride;

    /// <summary>From the first pixel to the end of the memory, slack included.</summary>
    internal Span<byte> Memory =>
        (buffer ?? throw new ObjectDisposedException(nameof(RgbImage))).AsSpan(offset);

    /// <summary>A row: <see cref="Width"/> times red, green, blue and a byte without meaning.</summary>
    /// <param name="y">The row, from 0 at the top.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row.</exception>
    /// <exception cref="ObjectDisposedException">The image was disposed.</exception>
    public Span<byte> Row(int y)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)y, (uint)Height, nameof(y));
        return Memory.Slice(y * stride, Width * BytesPerPixel);
    }

    /// <summary>Narrows the image to a part of it. Nothing is copied.</summary>
    /// <param name="area">The part that stays.</param>
    /// <exception cref="ArgumentOutOfRangeException">The area is empty or does not lie in the image.</exception>
    public void Crop(PixelArea area)
    {
        if (area.Left < 0 || area.Top < 0 || area.Width < 1 || area.Height < 1
            || area.Left > Width - area.Width || area.Top > Height - area.Height)
        {
            throw Setting.OutOfRange(nameof(area), area, $"must lie in the image of {Width} x {Height} pixels");
        }
        offset += area.Top * stride + area.Left * BytesPerPixel;
        (Width, Height) = (area.Width, area.Height);
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        if (buffer is { } rented)
        {
            buffer = null;
            ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
