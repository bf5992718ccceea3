using System;
using System.Linq;
using KnDsl.Samples.FashionMnist.Data;

namespace KnDsl.Samples.ImageNet.Pictures;

/// <summary>Garments of Fashion-MNIST, by classes that are easy to tell apart.</summary>
internal sealed class Garments(ImageSet images)
{
    private static readonly (string Name, int Label)[] Known =
    [
        ("t-shirt", 0), ("trouser", 1), ("dress", 3), ("coat", 4), ("sandal", 5), ("bag", 8), ("boot", 9),
    ];

    private readonly int[][] _byClass =
        [.. Known.Select(known => Enumerable.Range(0, images.Count).Where(i => images.Labels[i] == known.Label).ToArray())];

    /// <summary>The names of the classes.</summary>
    public static string[] Classes { get; } = [.. Known.Select(known => known.Name)];

    /// <summary>A random garment: how opaque and how bright it is at a place of its square, [-1, 1] in both directions.</summary>
    public Func<double, double, (double Share, double Shade)> Draw(int label, Random random)
    {
        var garment = _byClass[label][random.Next(_byClass[label].Length)];
        return (u, v) =>
        {
            var value = images.Between(garment, (float)((v + 1) / 2 * (images.Height - 1)), (float)((u + 1) / 2 * (images.Width - 1)));
            return (Math.Min(1, value * 4), 0.3 + 0.7 * value);
        };
    }
}
