using System;

namespace KnDsl.Samples.ImageNet.Pictures;

/// <summary>What a picture shows: how opaque it is at a place of its own square, [-1, 1] in both directions.</summary>
/// <param name="Name">The name of its class.</param>
/// <param name="Opacity">At (x, y), from 0 to 1; edges are soft over a given width.</param>
internal sealed record Motif(string Name, Func<double, double, double, double> Opacity)
{
    /// <summary>Shapes, and textures that fill a disc.</summary>
    public static Motif[] All { get; } =
    [
        new("disc", (x, y, soft) => Edge(0.9 - Length(x, y), soft)),
        new("ring", (x, y, soft) => Edge(0.25 - Math.Abs(Length(x, y) - 0.65), soft)),
        new("square", (x, y, soft) => Edge(0.75 - Math.Max(Math.Abs(x), Math.Abs(y)), soft)),
        new("frame", (x, y, soft) => Edge(0.18 - Math.Abs(Math.Max(Math.Abs(x), Math.Abs(y)) - 0.65), soft)),
        new("triangle", (x, y, soft) => Edge(Math.Min(0.5 - y, 0.5 + y / 2 - Math.Abs(x) * 0.87), soft)),
        new("plus", (x, y, soft) => Edge(Math.Max(Bar(x, y), Bar(y, x)), soft)),
        new("star", (x, y, soft) => Edge(0.55 + 0.3 * Math.Cos(5 * Math.Atan2(y, x)) - Length(x, y), soft)),
        new("crescent", (x, y, soft) => Edge(Math.Min(0.85 - Length(x, y), Length(x - 0.4, y) - 0.6), soft)),
        new("half", (x, y, soft) => Edge(Math.Min(0.85 - Length(x, y), y), soft)),
        new("two-discs", (x, y, soft) => Edge(Math.Max(0.4 - Length(x - 0.5, y), 0.4 - Length(x + 0.5, y)), soft)),
        new("stripes", (x, y, soft) => InDisc(x, y, soft) * Edge(Math.Sin(14 * x) / 14, soft)),
        new("checks", (x, y, soft) => InDisc(x, y, soft) * Edge(Math.Sin(11 * x) * Math.Sin(11 * y) / 11, soft)),
        new("dots", (x, y, soft) => InDisc(x, y, soft) * Edge(0.13 - Length(Wrapped(x), Wrapped(y)), soft)),
        new("rings", (x, y, soft) => InDisc(x, y, soft) * Edge(Math.Sin(18 * Length(x, y)) / 18, soft)),
        new("rays", (x, y, soft) => InDisc(x, y, soft) * Edge(Math.Sin(9 * Math.Atan2(y, x)) * Length(x, y) / 9, soft)),
        new("waves", (x, y, soft) => InDisc(x, y, soft) * Edge(Math.Sin(14 * y + 3 * Math.Sin(7 * x)) / 14, soft)),
    ];

    private static double Length(double x, double y) => Math.Sqrt(x * x + y * y);

    private static double Bar(double along, double across) => Math.Min(0.85 - Math.Abs(along), 0.25 - Math.Abs(across));

    private static double InDisc(double x, double y, double soft) => Edge(0.9 - Length(x, y), soft);

    /// <summary>The distance to the nearest knot of a grid.</summary>
    private static double Wrapped(double x) => x - 0.4 * Math.Round(x / 0.4);

    /// <summary>1 inside, where the distance to the edge is positive, and 0 outside.</summary>
    private static double Edge(double inside, double soft) => Math.Clamp(inside / soft + 0.5, 0, 1);
}
