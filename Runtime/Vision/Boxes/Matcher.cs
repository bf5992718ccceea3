using System;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl.Vision;

/// <summary>
/// Finds for each anchor or proposal the object that it is to predict: torchvision's <c>Matcher</c>. Waits for no device.
/// </summary>
public sealed class Matcher
{
    /// <summary>What is matched with no object, and is background: the best quality is below the low threshold.</summary>
    public const long BelowLowThreshold = -1;

    /// <summary>What is neither: the best quality is between the thresholds. Losses leave it out.</summary>
    public const long BetweenThresholds = -2;

    private readonly double highThreshold;
    private readonly double lowThreshold;
    private readonly bool allowLowQualityMatches;

    /// <summary>A matcher.</summary>
    /// <param name="highThreshold">From this quality on there is a match: 0.5 for RetinaNet, 0.7 for region proposals.</param>
    /// <param name="lowThreshold">Below this quality it is background: 0.4 and 0.3.</param>
    /// <param name="allowLowQualityMatches">
    /// Whether every object also gets what overlaps it most, of any quality, so that none is left without an anchor.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">The low threshold is above the high one, or one is not finite.</exception>
    public Matcher(double highThreshold, double lowThreshold, bool allowLowQualityMatches = false)
    {
        if (!double.IsFinite(highThreshold))
            throw Setting.OutOfRange(nameof(highThreshold), highThreshold, "must be finite");
        if (!(lowThreshold <= highThreshold))
            throw Setting.OutOfRange(nameof(lowThreshold), lowThreshold, $"must be at most the high threshold, {highThreshold}");
        (this.highThreshold, this.lowThreshold) = (highThreshold, lowThreshold);
        this.allowLowQualityMatches = allowLowQualityMatches;
    }

    /// <summary>Matches each of N anchors with one of M objects.</summary>
    /// <param name="quality">[M, N]: usually <see cref="Boxes.IoU"/> of objects and anchors.</param>
    /// <returns>
    /// [N] of 64 bits: the number of the object, <see cref="BelowLowThreshold"/> or <see cref="BetweenThresholds"/>. Without objects all
    /// is background; torchvision has its callers look for that.
    /// </returns>
    /// <exception cref="ArgumentException">It is not [M, N].</exception>
    public Tensor Match(Tensor quality)
    {
        Shapes.RequireDimensions(quality, 2, nameof(quality), "[M, N]: M objects, N anchors");
        using var scope = NewDisposeScope();
        if (quality.numel() == 0)
            return full([quality.size(1)], Held(BelowLowThreshold), ScalarType.Int64, quality.device).MoveToOuterDisposeScope();
        var (best, objects) = quality.max(0);
        var matches = objects.masked_fill(best.lt(Held(highThreshold)).bitwise_and(best.ge(Held(lowThreshold))), Held(BetweenThresholds))
            .masked_fill(best.lt(Held(lowThreshold)), Held(BelowLowThreshold));
        if (allowLowQualityMatches)
        {
            // Not by indices, of which there would be any number: a device would be waited for.
            var isBestOfAnObject = quality.eq(quality.amax([1], keepdim: true)).any(0, false);
            matches = Sum(matches, (objects - matches) * isBestOfAnObject);
        }
        return matches.MoveToOuterDisposeScope();
    }
}
