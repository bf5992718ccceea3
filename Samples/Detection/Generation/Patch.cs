using System;

namespace KnDsl.Samples.Detection.Generation;

/// <summary>An object as it will be seen in a scene: turned, scaled, in its light. It may reach out of the scene.</summary>
internal sealed class Patch
{
    private readonly (double Red, double Green, double Blue, double Alpha)[] pixels;

    private Patch(int left, int top, int width, int height)
    {
        (Left, Top, Width, Height) = (left, top, width, height);
        pixels = new (double, double, double, double)[width * height];
    }

    /// <summary>Where it begins in the scene.</summary>
    public int Left { get; }

    /// <summary>Where it begins in the scene.</summary>
    public int Top { get; }

    /// <summary>Its columns.</summary>
    public int Width { get; }

    /// <summary>Its rows.</summary>
    public int Height { get; }

    /// <summary>Color, and opacity from 0 to 1.</summary>
    public (double Red, double Green, double Blue, double Alpha) this[int x, int y] => pixels[y * Width + x];

    /// <summary>Draws an object.</summary>
    /// <param name="picture">The object.</param>
    /// <param name="pose">How it is seen.</param>
    public static Patch Of(Pyramid picture, Pose pose)
    {
        // Half of what the turned picture needs, and the soft edge.
        double halfWidth = picture.Width * pose.Across / 2, halfHeight = picture.Height * pose.Down / 2;
        var reachX = Math.Abs(pose.Cosine) * halfWidth + Math.Abs(pose.Sine) * halfHeight + 1;
        var reachY = Math.Abs(pose.Sine) * halfWidth + Math.Abs(pose.Cosine) * halfHeight + 1;
        int left = (int)Math.Floor(pose.X - reachX), top = (int)Math.Floor(pose.Y - reachY);
        var patch = new Patch(left, top, (int)Math.Ceiling(pose.X + reachX) - left, (int)Math.Ceiling(pose.Y + reachY) - top);
        var (level, enlargement) = picture.At(Math.Min(pose.Across, pose.Down));
        // The edge of an enlarged picture would be as wide as its pixels.
        var sharpness = Math.Max(1, enlargement);
        for (var y = 0; y < patch.Height; y++)
        {
            for (var x = 0; x < patch.Width; x++)
            {
                double dx = left + x + 0.5 - pose.X, dy = top + y + 0.5 - pose.Y;
                var u = (pose.Cosine * dx + pose.Sine * dy) / pose.Across;
                var v = (pose.Cosine * dy - pose.Sine * dx) / pose.Down;
                var (red, green, blue, alpha) = picture.Sample(
                    level, picture.Width / 2.0 + (pose.IsMirrored ? -u : u), picture.Height / 2.0 + v);
                (red, green, blue) = pose.Light.On(red, green, blue);
                patch.pixels[y * patch.Width + x] = (red, green, blue, Math.Clamp((alpha - 0.5) * sharpness + 0.5, 0, 1));
            }
        }
        return patch;
    }
}
