using System;
using System.Linq;
using KnDsl.Samples.FashionMnist.Data;

namespace KnDsl.Samples.Study.Data;

/// <summary>
/// A harder set, made of the same images: two garments of different classes in random colors, at random places and sizes, on noise and a
/// wave of random direction. The larger garment lies in front, and its class is to be told.
/// </summary>
internal static class GarmentScenes
{
    /// <summary>Rows and columns of a scene.</summary>
    public const int Side = 32;

    private const int Colors = 3;

    /// <summary>A scene for each image: the image is the garment in front, and a random one of another class lies behind it.</summary>
    /// <param name="images">Grey images on black, at least one of each of two classes.</param>
    /// <param name="seed">Determines all that is random.</param>
    /// <exception cref="DataException">All images are of one class.</exception>
    public static ImageSet Make(ImageSet images, int seed)
    {
        if (images.Labels.All(label => label == images.Labels[0]))
        {
            throw new DataException(
                "the set garments", $"all {images.Count} images are of one class, and a scene shows two: more of them are needed");
        }
        var random = new Random(seed);
        var pixels = new byte[images.Count * Colors * Side * Side];
        var scene = new float[Colors * Side * Side];
        for (var i = 0; i < images.Count; i++)
        {
            Background(scene, random);
            int other;
            do
                other = random.Next(images.Count);
            while (images.Labels[other] == images.Labels[i]);
            Paint(scene, images, other, random.Next(12, 19), random);
            Paint(scene, images, i, random.Next(19, 29), random);
            for (var j = 0; j < scene.Length; j++)
                pixels[i * scene.Length + j] = (byte)Math.Clamp(MathF.Round(scene[j] * 255), 0, 255);
        }

        return new ImageSet(pixels, images.Labels, Side, Side) { Colors = Colors };
    }

    private static void Background(float[] scene, Random random)
    {
        double angle = random.NextDouble() * Math.PI, waves = 0.2 + random.NextDouble(), noise = 0.1 + 0.15 * random.NextDouble();
        double dx = Math.Cos(angle) * waves, dy = Math.Sin(angle) * waves;
        for (var color = 0; color < Colors; color++)
        {
            double level = 0.2 + 0.6 * random.NextDouble(), height = 0.2 * random.NextDouble();
            for (var y = 0; y < Side; y++)
            {
                for (var x = 0; x < Side; x++)
                {
                    scene[(color * Side + y) * Side + x] =
                        (float)(level + height * Math.Sin(dx * x + dy * y) + noise * (2 * random.NextDouble() - 1));
                }
            }
        }
    }

    /// <summary>Paints an image, scaled to a size, at a random place where it fits. Its black is transparent.</summary>
    private static void Paint(float[] scene, ImageSet images, int image, int size, Random random)
    {
        int left = random.Next(Side - size + 1), top = random.Next(Side - size + 1);
        Span<float> tint = [Shade(random), Shade(random), Shade(random)];
        for (var y = 0; y < size; y++)
        {
            for (var x = 0; x < size; x++)
            {
                var value = images.Between(image, (y + 0.5f) / size * images.Height - 0.5f, (x + 0.5f) / size * images.Width - 0.5f);
                var opacity = Math.Min(1, value * 4);
                for (var color = 0; color < Colors; color++)
                {
                    ref var at = ref scene[(color * Side + top + y) * Side + left + x];
                    at += opacity * (tint[color] * (0.3f + 0.7f * value) - at);
                }
            }
        }
    }

    private static float Shade(Random random) => 0.2f + 0.8f * random.NextSingle();
}
