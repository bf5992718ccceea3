using System;
using System.Collections.Generic;
using System.Linq;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl.Vision;

/// <summary>
/// Chooses a level of a feature pyramid for each region by its size: torchvision's <c>LevelMapper</c> (Lin et al. 2017, equation 1). Waits
/// for no device.
/// </summary>
/// <param name="minLevel">The first level: 2 where its stride is 4.</param>
/// <param name="maxLevel">The last level.</param>
/// <param name="canonicalScale">Regions of this side, in pixels, belong to the canonical level.</param>
/// <param name="canonicalLevel">The canonical level.</param>
/// <param name="eps">What is added so that a region just of a level's size belongs to it.</param>
public sealed class LevelMapper(
    int minLevel, int maxLevel, double canonicalScale = 224, int canonicalLevel = 4, double eps = 1e-6)
{
    private readonly double canonicalScale = Setting.Positive(canonicalScale);
    private readonly int maxLevel = maxLevel >= minLevel ? maxLevel
        : throw Setting.OutOfRange(nameof(maxLevel), maxLevel, $"must be at least the first level, {minLevel}");

    /// <summary>The levels of regions, from 0 for the first.</summary>
    /// <param name="boxes">[K, 4] for each image.</param>
    /// <returns>[sum of K], of 64 bits.</returns>
    /// <exception cref="ArgumentException">There is no image, or its boxes have another shape.</exception>
    public Tensor Map(IReadOnlyList<Tensor> boxes)
    {
        using var scope = NewDisposeScope();
        var sides = cat([.. boxes.Select(Boxes.Area)], 0).sqrt();
        var levels = Sum(Sum((sides / Held(canonicalScale)).log2(), canonicalLevel), eps).floor().clamp(Held(minLevel), Held(maxLevel));
        return (levels.to(ScalarType.Int64) - Held(minLevel)).MoveToOuterDisposeScope();
    }
}
