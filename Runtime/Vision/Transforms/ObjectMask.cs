using System;
using KnDsl.Training;

namespace KnDsl.Vision;

/// <summary>Which pixels of an image belong to an object, in memory of .NET: threads that read images make no tensors.</summary>
public sealed class ObjectMask
{
    /// <summary>A mask.</summary>
    /// <param name="height">Rows of the image.</param>
    /// <param name="width">Columns of the image.</param>
    /// <param name="values">
    /// One byte for each pixel, row after row: 1 where it belongs to the object, 0 elsewhere. They are not copied.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">A side is less than 1.</exception>
    /// <exception cref="ArgumentException">There are not as many values as pixels.</exception>
    public ObjectMask(int height, int width, byte[] values)
    {
        Height = (int)Setting.AtLeastOne(height);
        Width = (int)Setting.AtLeastOne(width);
        if (values.LongLength != (long)height * width)
            throw new ArgumentException($"The mask has {values.Length} values, but {width} x {height} pixels.", nameof(values));
        Values = values;
    }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>Columns.</summary>
    public int Width { get; }

    /// <summary>One byte for each pixel, row after row: 1 or 0.</summary>
    public byte[] Values { get; }

    /// <summary>Resized by the nearest pixel, as torchvision resizes masks.</summary>
    internal ObjectMask Resized(int height, int width)
    {
        var values = new byte[height * width];
        var columns = new int[width];
        for (var x = 0; x < width; x++)
            columns[x] = Nearest(x, Width, width);
        for (var y = 0; y < height; y++)
        {
            var from = Values.AsSpan(Nearest(y, Height, height) * Width, Width);
            var to = values.AsSpan(y * width, width);
            for (var x = 0; x < width; x++)
                to[x] = from[columns[x]];
        }
        return new(height, width, values);
    }

    /// <summary>With reversed rows.</summary>
    internal ObjectMask Flipped()
    {
        var values = (byte[])Values.Clone();
        for (var y = 0; y < Height; y++)
            values.AsSpan(y * Width, Width).Reverse();
        return new(Height, Width, values);
    }

    /// <summary>A part.</summary>
    internal ObjectMask Cropped(PixelArea area)
    {
        var values = new byte[area.Height * area.Width];
        for (var y = 0; y < area.Height; y++)
            Values.AsSpan((area.Top + y) * Width + area.Left, area.Width).CopyTo(values.AsSpan(y * area.Width));
        return new(area.Height, area.Width, values);
    }

    /// <summary>torch computes the place in 32 bits.</summary>
    private static int Nearest(int place, int length, int resized) => Math.Min((int)(place * ((float)length / resized)), length - 1);
}
