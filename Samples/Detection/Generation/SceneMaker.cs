using System;
using System.Collections.Generic;
using KnDsl.Training;

namespace KnDsl.Samples.Detection.Generation;

/// <summary>Makes scenes: a background, one to eight objects before each other, at times a crowd of them, at times nothing.</summary>
/// <param name="kinds">The categories.</param>
/// <param name="photographs">The backgrounds; where there are none, they are drawn.</param>
internal sealed class SceneMaker(IReadOnlyList<ObjectKind> kinds, IReadOnlyList<Pyramid> photographs)
{
    /// <summary>Pixels of a longer side, and the least of a shorter one.</summary>
    private const int LeastSide = 160, LeastLongerSide = 224, MostSide = 320;

    /// <summary>The longer side of an object in pixels.</summary>
    private const double Smallest = 12, Largest = 200;

    private const double EmptyShare = 0.04, CrowdShare = 0.06;

    private const int MostObjects = 8, Tries = 8;

    /// <summary>Makes a scene.</summary>
    /// <param name="random">All that is random comes from it.</param>
    public Scene Make(ItemRandom random)
    {
        var longer = Between(random, LeastLongerSide, MostSide);
        var shorter = Between(random, Math.Max(LeastSide, longer / 2), longer);
        var scene = random.NextBool(0.6) ? new Scene(longer, shorter) : new Scene(shorter, longer);
        if (photographs.Count == 0)
            Background.Paint(scene, random);
        else
            Background.Paint(scene, Any(photographs, random), random);
        if (random.NextBool(EmptyShare))
            return scene;
        if (random.NextBool(CrowdShare))
            AddCrowd(scene, random);
        var count = Between(random, 1, MostObjects);
        for (var i = 0; i < count; i++)
            AddObject(scene, random);
        return scene;
    }

    private void AddObject(Scene scene, ItemRandom random)
    {
        var kind = Any(kinds, random);
        var picture = Any(kind.CutOuts, random).Picture;
        // Sizes between the extremes are the most frequent, large ones more than small ones.
        var share = Math.Pow((random.NextDouble() + random.NextDouble()) / 2, 0.75);
        var size = Math.Round(Math.Min(Smallest * Math.Pow(Largest / Smallest, share), 0.9 * Math.Min(scene.Width, scene.Height)), 3);
        for (var i = 0; i < Tries; i++)
        {
            var place = (random.NextDouble() * scene.Width, random.NextDouble() * scene.Height);
            if (scene.TryPlace(kind, Patch.Of(picture, Pose.Of(kind, picture, size, place, random))))
                return;
        }
    }

    private void AddCrowd(Scene scene, ItemRandom random)
    {
        var kind = Any(kinds, random);
        var crowd = scene.BeginCrowd(kind);
        var size = random.Uniform(18, 36);
        var count = Between(random, 10, 18);
        var (x, y) = (scene.Width * random.Uniform(0.3, 0.7), scene.Height * random.Uniform(0.3, 0.7));
        for (var i = 0; i < count; i++)
        {
            var picture = Any(kind.CutOuts, random).Picture;
            var place = (x + 2 * size * random.Uniform(-1, 1), y + 1.4 * size * random.Uniform(-1, 1));
            var pose = Pose.Of(kind, picture, size * random.Uniform(0.7, 1.2), place, random);
            _ = scene.TryPlace(kind, Patch.Of(picture, pose), crowd);
        }
    }

    private static int Between(ItemRandom random, int least, int most) => least + (int)random.NextInteger(most - least + 1);

    private static T Any<T>(IReadOnlyList<T> list, ItemRandom random) => list[(int)random.NextInteger(list.Count)];
}
