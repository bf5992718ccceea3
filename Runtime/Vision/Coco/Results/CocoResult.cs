using System;

namespace KnDsl.Vision;

/// <summary>An object that was detected.</summary>
public sealed record CocoResult
{
    /// <summary>A detection of a box.</summary>
    /// <param name="imageId">The number of the image in the json of annotations.</param>
    /// <param name="categoryId">The number of the category there; <see cref="CocoAnnotations.CategoryOfLabel"/> has it for a label.</param>
    /// <param name="box">The box, in pixels.</param>
    /// <param name="score">How sure the detection is; only the order of scores matters.</param>
    /// <exception cref="ArgumentException">The score or the box is not finite, or the box has a negative side.</exception>
    public CocoResult(long imageId, long categoryId, CocoBox box, double score)
    {
        if (!double.IsFinite(score))
            throw new ArgumentException(FormattableString.Invariant($"the score is {score}, expected a finite number"), nameof(score));
        if (Problem(box) is { } problem)
            throw new ArgumentException(problem, nameof(box));
        (ImageId, CategoryId, Box, Score) = (imageId, categoryId, box, score);
    }

    /// <summary>A detection of a mask.</summary>
    /// <param name="imageId">The number of the image in the json of annotations.</param>
    /// <param name="categoryId">The number of the category there.</param>
    /// <param name="mask">The mask, of the size of the image.</param>
    /// <param name="score">How sure the detection is; only the order of scores matters.</param>
    /// <param name="box">The box, in pixels; the one around the mask if null.</param>
    /// <exception cref="ArgumentException">The score or the box is not finite, or the box has a negative side.</exception>
    public CocoResult(long imageId, long categoryId, CocoMask mask, double score, CocoBox? box = null)
        : this(imageId, categoryId, box ?? mask.Box, score) => Mask = mask;

    /// <summary>The number of the image in the json of annotations.</summary>
    public long ImageId { get; }

    /// <summary>The number of the category there.</summary>
    public long CategoryId { get; }

    /// <summary>The box, in pixels.</summary>
    public CocoBox Box { get; }

    /// <summary>The mask; null where a box alone was detected.</summary>
    public CocoMask? Mask { get; }

    /// <summary>How sure the detection is.</summary>
    public double Score { get; }

    /// <summary>Why a box cannot be one of a detection; null where it can.</summary>
    internal static string? Problem(CocoBox box) =>
        !double.IsFinite(box.X) || !double.IsFinite(box.Y) || !double.IsFinite(box.Area)
            ? FormattableString.Invariant($"the box ({box.X}, {box.Y}, {box.Width}, {box.Height}) is not finite")
        : box.Width < 0 || box.Height < 0
            ? FormattableString.Invariant($"the box is {box.Width} wide and {box.Height} high, expected at least 0")
        : null;
}
