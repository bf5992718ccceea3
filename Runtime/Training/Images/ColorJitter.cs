using System;
using System.Runtime.CompilerServices;

namespace KnDsl.Training;

/// <summary>
/// Changes brightness, contrast and saturation by random factors, in random order, as torchvision's <c>ColorJitter</c> does to an image
/// of PIL. A factor lies between 1 - x and 1 + x and is at least 0, where x is the setting; 0 leaves the image as it is.
/// </summary>
/// <param name="brightness">How far the factor of the brightness goes from 1.</param>
/// <param name="contrast">How far the factor of the contrast goes from 1.</param>
/// <param name="saturation">How far the factor of the saturation goes from 1.</param>
public sealed class ColorJitter(double brightness = 0, double contrast = 0, double saturation = 0) : IImageTransform
{
    private readonly double brightness = Setting.NotNegative(brightness);
    private readonly double contrast = Setting.NotNegative(contrast);
    private readonly double saturation = Setting.NotNegative(saturation);

    /// <inheritdoc/>
    public RgbImage Apply(RgbImage image, ItemRandom random)
    {
        Span<int> order = [0, 1, 2];
        random.Shuffle(order);
        // Every factor is drawn, so that what comes after does not depend on which of them are used.
        var factors = (Brightness: Factor(brightness, random), Contrast: Factor(contrast, random), Saturation: Factor(saturation, random));
        foreach (var change in order)
        {
            if (change == 0 && brightness > 0)
                AdjustBrightness(image, factors.Brightness);
            else if (change == 1 && contrast > 0)
                AdjustContrast(image, factors.Contrast);
            else if (change == 2 && saturation > 0)
                AdjustSaturation(image, factors.Saturation);
        }
        return image;
    }

    /// <summary>Mixes an image with black: factor 0 is black, 1 the image. PIL's <c>ImageEnhance.Brightness</c>.</summary>
    internal static void AdjustBrightness(RgbImage image, double factor) => Blend(image, 0, (float)factor);

    /// <summary>Mixes an image with its mean grey. PIL's <c>ImageEnhance.Contrast</c>.</summary>
    internal static void AdjustContrast(RgbImage image, double factor)
    {
        var sum = 0L;
        for (var y = 0; y < image.Height; y++)
        {
            var row = image.Row(y);
            for (var place = 0; place < row.Length; place += RgbImage.BytesPerPixel)
                sum += Grey(row[place..]);
        }
        Blend(image, (int)((double)sum / ((long)image.Width * image.Height) + 0.5), (float)factor);
    }

    /// <summary>Mixes each pixel with its own grey. PIL's <c>ImageEnhance.Color</c>.</summary>
    internal static void AdjustSaturation(RgbImage image, double factor)
    {
        var share = (float)factor;
        for (var y = 0; y < image.Height; y++)
        {
            var row = image.Row(y);
            for (var place = 0; place < row.Length; place += RgbImage.BytesPerPixel)
            {
                var pixel = row.Slice(place, RgbImage.BytesPerPixel);
                var grey = Grey(pixel);
                pixel[0] = Blend(grey, pixel[0], share);
                pixel[1] = Blend(grey, pixel[1], share);
                pixel[2] = Blend(grey, pixel[2], share);
            }
        }
    }

    private static double Factor(double spread, ItemRandom random) => random.Uniform(Math.Max(1 - spread, 0), 1 + spread);

    /// <summary>The grey of PIL's <c>convert("L")</c>, in its whole numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Grey(ReadOnlySpan<byte> pixel) => (pixel[0] * 19595 + pixel[1] * 38470 + pixel[2] * 7471 + 0x8000) >> 16;

    private static void Blend(RgbImage image, int level, float factor)
    {
        Span<byte> table = stackalloc byte[256];
        for (var value = 0; value < table.Length; value++)
            table[value] = Blend(level, value, factor);
        for (var y = 0; y < image.Height; y++)
        {
            foreach (ref var value in image.Row(y))
                value = table[value];
        }
    }

    /// <summary>PIL's <c>Image.blend</c>: parts of a level are cut off, not rounded.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte Blend(int from, int to, float factor) => (byte)Math.Clamp(from + factor * (to - from), 0f, 255f);
}
