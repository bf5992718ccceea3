using System;
using System.IO;
using KnDsl.Training;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Advanced;
using SixLabors.ImageSharp.PixelFormats;

namespace KnDsl.Samples.Detection.Segmentation;

/// <summary>An image in the colors of its classes.</summary>
internal static class ClassPicture
{
    /// <summary>The share of a class's color.</summary>
    private const double Share = 0.6;

    /// <summary>The color of a class: bits of its number, the last in the highest places, as Pascal VOC colors its classes.</summary>
    public static Rgb24 ColorOf(int label)
    {
        int red = 0, green = 0, blue = 0;
        for (var place = 7; label > 0; place--, label >>= 3)
        {
            red |= (label & 1) << place;
            green |= ((label >> 1) & 1) << place;
            blue |= ((label >> 2) & 1) << place;
        }
        return new((byte)red, (byte)green, (byte)blue);
    }

    /// <summary>Writes an image with the colors of its classes over it; the background is as it was.</summary>
    /// <param name="image">The image.</param>
    /// <param name="labels">The class of each pixel, row by row.</param>
    /// <param name="file">A png or jpg.</param>
    /// <exception cref="RunFileException">It cannot be written.</exception>
    public static void Write(RgbImage image, ReadOnlySpan<byte> labels, string file)
    {
        using var picture = new Image<Rgb24>(image.Width, image.Height);
        for (var y = 0; y < image.Height; y++)
        {
            var row = image.Row(y);
            for (var x = 0; x < image.Width; x++)
            {
                var pixel = row.Slice(RgbImage.BytesPerPixel * x, 3);
                var label = labels[y * image.Width + x];
                var color = ColorOf(label);
                picture[x, y] = label == 0 ? new(pixel[0], pixel[1], pixel[2])
                    : new(Mix(pixel[0], color.R), Mix(pixel[1], color.G), Mix(pixel[2], color.B));
            }
        }
        using var bytes = new MemoryStream();
        try
        {
            picture.Save(bytes, picture.DetectEncoder(file));
        }
        catch (Exception e) when (e is NotSupportedException or UnknownImageFormatException)
        {
            throw new RunFileException(file, $"cannot be written: {e.Message}", e);
        }
        RunFile.Write(file, bytes.ToArray());

        static byte Mix(byte level, byte color) => (byte)(level + Share * (color - level));
    }
}
