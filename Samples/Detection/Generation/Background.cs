using System;
using KnDsl.Training;

namespace KnDsl.Samples.Detection.Generation;

/// <summary>What is seen around the objects: a part of a photograph, or colors, a wave and noise.</summary>
internal static class Background
{
    /// <summary>The levels of the largest part of a photograph, to those of the least one.</summary>
    private const double Nearest = 0.25;

    /// <summary>Paints part of a photograph, in a light of its own.</summary>
    /// <param name="scene">The scene, all of which is painted.</param>
    /// <param name="photograph">The photograph.</param>
    /// <param name="random">All that is random comes from it.</param>
    public static void Paint(Scene scene, Pyramid photograph, ItemRandom random)
    {
        // As much of the photograph as fits the scene's shape, or part of that.
        var part = Math.Min(photograph.Width / (double)scene.Width, photograph.Height / (double)scene.Height) * random.Uniform(Nearest, 1);
        var (level, _) = photograph.At(1 / part);
        var left = random.NextDouble() * (photograph.Width - part * scene.Width);
        var top = random.NextDouble() * (photograph.Height - part * scene.Height);
        var isMirrored = random.NextBool(0.5);
        // There are few photographs: in other colors they are more.
        var light = Light.OfColor(random, 0.55, 1.15);
        for (var y = 0; y < scene.Height; y++)
        {
            for (var x = 0; x < scene.Width; x++)
            {
                var column = isMirrored ? scene.Width - 1 - x : x;
                var (red, green, blue, _) = photograph.Sample(
                    level, left + part * (column + 0.5), top + part * (y + 0.5), isEndless: true);
                scene.Paint(x, y, light.On(red, green, blue));
            }
        }
    }

    /// <summary>Paints colors from above to below, with a wave and noise over them.</summary>
    public static void Paint(Scene scene, ItemRandom random)
    {
        Light from = Light.OfColor(random, 0.1, 0.9), to = Light.OfColor(random, 0.1, 0.9);
        var height = 0.15 * random.NextDouble();
        var noise = 0.25 * random.NextDouble();
        var (dx, dy) = (random.Uniform(-0.02, 0.02), random.Uniform(-0.02, 0.02));
        for (var y = 0; y < scene.Height; y++)
        {
            var share = y / (double)scene.Height;
            for (var x = 0; x < scene.Width; x++)
            {
                var level = 255 * (1 + height * Wave(dx * x + dy * y) + noise * (random.NextDouble() - 0.5));
                scene.Paint(x, y, Light.Between(from, to, share).On(level, level, level));
            }
        }
    }

    /// <summary>Up and down between -1 and 1 once in a unit, by parabolas: a sine is not the same to the last bit everywhere.</summary>
    private static double Wave(double x)
    {
        var phase = 2 * (x - Math.Floor(x)) - 1;
        return 4 * phase * (1 - Math.Abs(phase));
    }
}
