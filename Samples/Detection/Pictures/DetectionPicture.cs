using System;
using System.IO;
using KnDsl.Training;
using SkiaSharp;

namespace KnDsl.Samples.Detection.Pictures;

/// <summary>A picture with the objects that were found in it: masks, boxes, names and scores.</summary>
internal sealed class DetectionPicture : IDisposable
{
    private const float Golden = 0.618034f;
    private const byte MaskAlpha = 110;
    private readonly SKBitmap picture;
    private readonly float scale;

    /// <summary>Begins with the image.</summary>
    public DetectionPicture(RgbImage image)
    {
        picture = new SKBitmap(new SKImageInfo(image.Width, image.Height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        var pixels = picture.GetPixelSpan();
        for (var y = 0; y < image.Height; y++)
        {
            var row = pixels.Slice(y * picture.RowBytes, image.Width * RgbImage.BytesPerPixel);
            image.Row(y).CopyTo(row);
            // The last byte of a pixel means nothing there, and here its opacity.
            for (var x = 3; x < row.Length; x += RgbImage.BytesPerPixel)
                row[x] = byte.MaxValue;
        }
        scale = Math.Max(1, Math.Min(image.Width, image.Height) / 300f);
    }

    /// <summary>Draws an object.</summary>
    /// <param name="box">Left, top, right and bottom in pixels.</param>
    /// <param name="mask">Whether each pixel belongs to it, row after row; empty where there is no mask.</param>
    /// <param name="label">What is written at the box.</param>
    /// <param name="number">The number of its category, which gives the color.</param>
    public void Draw(ReadOnlySpan<float> box, ReadOnlySpan<bool> mask, string label, long number)
    {
        var color = ColorOf(number);
        if (!mask.IsEmpty)
            Tint(mask, color);
        using var canvas = new SKCanvas(picture);
        using var line = new SKPaint { Color = color, Style = SKPaintStyle.Stroke, StrokeWidth = 1.5f * scale, IsAntialias = true };
        canvas.DrawRect(box[0], box[1], box[2] - box[0], box[3] - box[1], line);

        using var font = new SKFont(PictureFont.TypefaceOf(label), 9 * scale);
        var (width, height) = (font.MeasureText(label) + 4 * scale, 11 * scale);
        // Above the box, or in it where there is no room.
        var left = Math.Clamp(box[0], 0, Math.Max(0, picture.Width - width));
        var top = box[1] >= height ? box[1] - height : Math.Max(0, box[1]);
        using var ground = new SKPaint { Color = color };
        canvas.DrawRect(left, top, width, height, ground);
        using var ink = new SKPaint { Color = SKColors.Black, IsAntialias = true };
        canvas.DrawText(label, left + 2 * scale, top + 8.5f * scale, font, ink);
    }

    /// <summary>Writes the picture, as JPEG or PNG by the name of the file.</summary>
    /// <exception cref="RunFileException">It cannot be written.</exception>
    public void Save(string file)
    {
        var isJpeg = Path.GetExtension(file).ToUpperInvariant() is ".JPG" or ".JPEG";
        using var data = picture.Encode(isJpeg ? SKEncodedImageFormat.Jpeg : SKEncodedImageFormat.Png, quality: 92);
        RunFile.Write(file, data.ToArray());
    }

    /// <inheritdoc/>
    public void Dispose() => picture.Dispose();

    /// <summary>Bright colors, those of neighbours far apart.</summary>
    private static SKColor ColorOf(long number) => SKColor.FromHsv(number * Golden % 1 * 360, 65, 100);

    private void Tint(ReadOnlySpan<bool> mask, SKColor color)
    {
        for (var y = 0; y < picture.Height; y++)
        {
            var row = picture.GetPixelSpan().Slice(y * picture.RowBytes, picture.Width * RgbImage.BytesPerPixel);
            for (var x = 0; x < picture.Width; x++)
            {
                if (!mask[y * picture.Width + x])
                    continue;
                var pixel = row.Slice(x * RgbImage.BytesPerPixel, 3);
                pixel[0] = Mixed(pixel[0], color.Red);
                pixel[1] = Mixed(pixel[1], color.Green);
                pixel[2] = Mixed(pixel[2], color.Blue);
            }
        }
    }

    private static byte Mixed(byte level, byte color) => (byte)((level * (byte.MaxValue - MaskAlpha) + color * MaskAlpha) / byte.MaxValue);
}
