using System;
using System.Runtime.InteropServices;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.PixelFormats;

namespace KnDsl.Samples.Detection.Generation;

/// <summary>
/// A picture at its size, half of it, a quarter and so on, so that it can be shown at any scale without jagged edges. Colors count by
/// their opacity. All arithmetic gives the same on every machine.
/// </summary>
internal sealed class Pyramid
{
    private readonly Level[] levels;

    /// <summary>A picture.</summary>
    /// <param name="pixels">Its pixels, row by row.</param>
    /// <param name="width">Its width.</param>
    public Pyramid(Rgba32[] pixels, int width)
    {
        var level = new Level(pixels, width, pixels.Length / width);
        var count = 1 + (int)Math.Floor(Math.Log2(Math.Min(level.Width, level.Height)));
        levels = new Level[count];
        levels[0] = level;
        for (var i = 1; i < count; i++)
            levels[i] = Half(levels[i - 1]);
    }

    /// <summary>The width at full size.</summary>
    public int Width => levels[0].Width;

    /// <summary>The height at full size.</summary>
    public int Height => levels[0].Height;

    /// <summary>The pixels of an image of ImageSharp, row by row.</summary>
    public static Rgba32[] PixelsOf(Image<Rgba32> image)
    {
        var pixels = new Rgba32[image.Width * image.Height];
        image.CopyPixelDataTo(MemoryMarshal.AsBytes(pixels.AsSpan()));
        return pixels;
    }

    /// <summary>The picture for a scale: which level is read, and how many pixels of the result one of the level becomes.</summary>
    /// <param name="scale">Pixels of the result to one of the picture.</param>
    public (int Level, double Scale) At(double scale)
    {
        var level = 0;
        for (; scale < 0.75 && level < levels.Length - 1; level++)
            scale *= 2;
        return (level, scale);
    }

    /// <summary>Color and opacity at a place, between the four nearest pixels.</summary>
    /// <param name="level">A level that <see cref="At"/> gave.</param>
    /// <param name="x">From the left edge, in pixels of the picture at full size.</param>
    /// <param name="y">From the upper edge.</param>
    /// <param name="isEndless">Whether the edge goes on outside; otherwise there is nothing.</param>
    public (double Red, double Green, double Blue, double Alpha) Sample(int level, double x, double y, bool isEndless = false)
    {
        var from = levels[level];
        (x, y) = (x * from.Width / Width - 0.5, y * from.Height / Height - 0.5);
        var (left, top) = ((int)Math.Floor(x), (int)Math.Floor(y));
        double right = x - left, down = y - top, red = 0, green = 0, blue = 0, alpha = 0;
        Add(left, top, (1 - right) * (1 - down));
        Add(left + 1, top, right * (1 - down));
        Add(left, top + 1, (1 - right) * down);
        Add(left + 1, top + 1, right * down);
        return alpha > 0 ? (red / alpha, green / alpha, blue / alpha, alpha) : default;

        void Add(int column, int row, double share)
        {
            if (isEndless)
                (column, row) = (Math.Clamp(column, 0, from.Width - 1), Math.Clamp(row, 0, from.Height - 1));
            else if ((uint)column >= (uint)from.Width || (uint)row >= (uint)from.Height)
                return;
            var pixel = from.Pixels[row * from.Width + column];
            var weight = share * pixel.A / 255;
            (red, green, blue, alpha) = (red + weight * pixel.R, green + weight * pixel.G, blue + weight * pixel.B, alpha + weight);
        }
    }

    private static Level Half(Level from)
    {
        var half = new Level(new Rgba32[from.Width / 2 * (from.Height / 2)], from.Width / 2, from.Height / 2);
        for (var y = 0; y < half.Height; y++)
        {
            for (var x = 0; x < half.Width; x++)
            {
                var corner = 2 * y * from.Width + 2 * x;
                half.Pixels[y * half.Width + x] = Mean(
                    from.Pixels[corner], from.Pixels[corner + 1], from.Pixels[corner + from.Width], from.Pixels[corner + from.Width + 1]);
            }
        }
        return half;
    }

    private static Rgba32 Mean(params ReadOnlySpan<Rgba32> pixels)
    {
        int red = 0, green = 0, blue = 0, alpha = 0;
        foreach (var pixel in pixels)
        {
            (red, green, blue) = (red + pixel.R * pixel.A, green + pixel.G * pixel.A, blue + pixel.B * pixel.A);
            alpha += pixel.A;
        }
        return alpha == 0 ? default
            : new((byte)(red / alpha), (byte)(green / alpha), (byte)(blue / alpha), (byte)((alpha + pixels.Length / 2) / pixels.Length));
    }

    private sealed record Level(Rgba32[] Pixels, int Width, int Height);
}
