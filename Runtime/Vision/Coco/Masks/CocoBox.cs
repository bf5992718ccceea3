using System;

namespace KnDsl.Vision;

/// <summary>A box as COCO writes it, in pixels of its image. Edges lie between pixels: (0, 0, 1, 1) is the first pixel.</summary>
/// <param name="X">The left edge.</param>
/// <param name="Y">The upper edge.</param>
/// <param name="Width">From the left edge to the right one.</param>
/// <param name="Height">From the upper edge to the lower one.</param>
public readonly record struct CocoBox(double X, double Y, double Width, double Height)
{
    /// <summary>The right edge.</summary>
    public double Right => X + Width;

    /// <summary>The lower edge.</summary>
    public double Bottom => Y + Height;

    /// <summary>Width times height, in square pixels.</summary>
    public double Area => Width * Height;

    /// <summary>The box between two corners, as detectors give it.</summary>
    /// <param name="left">The left edge.</param>
    /// <param name="top">The upper edge.</param>
    /// <param name="right">The right edge.</param>
    /// <param name="bottom">The lower edge.</param>
    public static CocoBox FromCorners(double left, double top, double right, double bottom) => new(left, top, right - left, bottom - top);

    /// <summary>
    /// How much of two boxes is common: the area of the intersection over that of the union. A crowd is a region of many objects, so that
    /// a detection may be any part of it: there the area of the detection is in the place of the union.
    /// </summary>
    /// <param name="detection">The box that was found.</param>
    /// <param name="truth">The annotated box.</param>
    /// <param name="truthIsCrowd">Whether the annotated box is a crowd.</param>
    /// <returns>From 0 to 1; 0 where the boxes have no area in common.</returns>
    public static double IoU(CocoBox detection, CocoBox truth, bool truthIsCrowd = false)
    {
        var width = Math.Min(detection.Right, truth.Right) - Math.Max(detection.X, truth.X);
        var height = Math.Min(detection.Bottom, truth.Bottom) - Math.Max(detection.Y, truth.Y);
        if (width <= 0 || height <= 0)
            return 0;
        var common = width * height;
        return common / (truthIsCrowd ? detection.Area : detection.Area + truth.Area - common);
    }
}
