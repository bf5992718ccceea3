using System.Collections.Generic;
using System.Linq;

namespace KnDsl.Vision;

/// <summary>The numbers of COCO's evaluation.</summary>
internal static class CocoParameters
{
    /// <summary>Detections of a category in an image that are looked at.</summary>
    public const int MaxDetections = 100;

    /// <summary>The places of areas in <see cref="Areas"/>.</summary>
    public const int All = 0, Small = 1, Medium = 2, Large = 3;

    /// <summary>Detections of a category in an image for the three recalls without a size.</summary>
    public static IReadOnlyList<int> DetectionLimits { get; } = [1, 10, MaxDetections];

    /// <summary>
    /// The IoU from which on a detection is one of an object: 0.50, 0.55 and so on to 0.95, in the arithmetic of numpy's linspace, which
    /// decides where an IoU is on the edge: 0.9 is a rounding less there.
    /// </summary>
    public static IReadOnlyList<double> IouThresholds { get; } = [.. Enumerable.Range(0, 10).Select(i => 0.5 + i * ((0.95 - 0.5) / 9))];

    /// <summary>The recalls at which precision is read: 0, 0.01 and so on to 1, in the same arithmetic.</summary>
    public static IReadOnlyList<double> RecallThresholds { get; } = [.. Enumerable.Range(0, 101).Select(i => i * 0.01)];

    /// <summary>The areas in square pixels, both ends included: all, small, medium and large.</summary>
    public static IReadOnlyList<(double Least, double Most)> Areas { get; } =
        [(0, 1e10), (0, 32 * 32), (32 * 32, 96 * 96), (96 * 96, 1e10)];

    /// <summary>Whether an area lies in a range.</summary>
    public static bool IsIn(int area, double pixels) => pixels >= Areas[area].Least && pixels <= Areas[area].Most;
}
