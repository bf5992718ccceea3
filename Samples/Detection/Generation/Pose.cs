using System;
using KnDsl.Training;

namespace KnDsl.Samples.Detection.Generation;

/// <summary>Where and how an object is seen.</summary>
/// <param name="X">Its middle in the scene.</param>
/// <param name="Y">Its middle in the scene.</param>
/// <param name="Across">Pixels of the scene to one of its picture, along the picture's rows.</param>
/// <param name="Down">The same along its columns.</param>
/// <param name="Cosine">Of the angle that it is turned by.</param>
/// <param name="Sine">Of the angle.</param>
/// <param name="IsMirrored">Whether left and right of its picture are exchanged.</param>
/// <param name="Light">What its colors are multiplied by.</param>
internal readonly record struct Pose(
    double X, double Y, double Across, double Down, double Cosine, double Sine, bool IsMirrored, Light Light)
{
    /// <summary>A random pose.</summary>
    /// <param name="kind">What the object may do.</param>
    /// <param name="picture">Its picture.</param>
    /// <param name="size">The longer side of the object in pixels, before it is turned.</param>
    /// <param name="place">Its middle.</param>
    /// <param name="random">All that is random comes from it.</param>
    public static Pose Of(ObjectKind kind, Pyramid picture, double size, (double X, double Y) place, ItemRandom random)
    {
        var scale = Math.Min(kind.Enlargement, size / Math.Max(picture.Width, picture.Height));
        var stretch = random.Uniform(0.88, 1);
        var isNarrow = random.NextBool(0.5);
        var (sine, cosine) = Math.SinCos(random.Uniform(-kind.Turn, kind.Turn) * Math.PI / 180);
        return new(
            place.X, place.Y, isNarrow ? scale * stretch : scale, isNarrow ? scale : scale * stretch,
            // The last bits of a sine are not the same on every machine.
            Math.Round(cosine, 9), Math.Round(sine, 9), kind.MayBeMirrored && random.NextBool(0.5),
            kind.IsGrey ? Light.OfColor(random, 0.2, 1.1) : Light.Of(random, 0.75, 1.2));
    }
}
