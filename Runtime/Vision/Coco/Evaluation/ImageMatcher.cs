using System;
using System.Collections.Generic;

namespace KnDsl.Vision;

/// <summary>
/// Gives the detections of one category in one image to its objects. The detection with the highest score chooses first: of the objects
/// that are still free and of which its IoU is at least the threshold, the one with the highest. An object that does not count, a crowd
/// or one of another size, is taken only where none is left that counts, and a crowd may be taken any number of times.
/// </summary>
/// <param name="path">The json of annotations, for messages.</param>
/// <param name="type">What is compared.</param>
internal sealed class ImageMatcher(string path, CocoIouType type)
{
    private double[] overlaps = [];
    private int[] order = [];
    private bool[] isTaken = [];

    /// <summary>Matches for all areas and thresholds.</summary>
    /// <param name="objects">The objects of the category in the image, in the order of the json.</param>
    /// <param name="detections">The detections, the highest score first; at most as many as are looked at.</param>
    /// <param name="outcomes">Receives one outcome for each detection.</param>
    public void Match(ReadOnlySpan<CocoAnnotation> objects, ReadOnlySpan<CocoResult> detections, List<DetectionOutcome> outcomes)
    {
        if (detections.Length == 0)
            return;
        FindOverlaps(objects, detections);
        Span<ulong> matched = stackalloc ulong[detections.Length], ignored = stackalloc ulong[detections.Length];
        for (var area = 0; area < CocoParameters.Areas.Count; area++)
        {
            var counted = Order(objects, area);
            for (var threshold = 0; threshold < CocoParameters.IouThresholds.Count; threshold++)
            {
                var bit = DetectionOutcome.Bit(area, threshold);
                Array.Clear(isTaken);
                for (var i = 0; i < detections.Length; i++)
                {
                    var place = Choose(objects, overlaps.AsSpan(i * objects.Length, objects.Length), counted, threshold);
                    if (place >= 0)
                    {
                        isTaken[place] = true;
                        matched[i] |= bit;
                    }
                    if (place >= counted || (place < 0 && !CocoParameters.IsIn(area, AreaOf(detections[i]))))
                        ignored[i] |= bit;
                }
            }
        }
        for (var i = 0; i < detections.Length; i++)
            outcomes.Add(new(detections[i].Score, i, matched[i], ignored[i]));
    }

    /// <summary>Whether an object counts in the figures of an area.</summary>
    public static bool IsCounted(CocoAnnotation annotation, int area) =>
        !annotation.IsCrowd && CocoParameters.IsIn(area, annotation.Area);

    private double AreaOf(CocoResult detection) => type == CocoIouType.Box ? detection.Box.Area : detection.Mask!.Area;

    private void FindOverlaps(ReadOnlySpan<CocoAnnotation> objects, ReadOnlySpan<CocoResult> detections)
    {
        if (overlaps.Length < objects.Length * detections.Length)
            overlaps = new double[objects.Length * detections.Length];
        if (order.Length < objects.Length)
            (order, isTaken) = (new int[objects.Length], new bool[objects.Length]);
        for (var place = 0; place < objects.Length; place++)
        {
            var annotation = objects[place];
            var mask = type == CocoIouType.Box ? null : annotation.ToMask()
                ?? throw new CocoException(path, "has no segmentation, which masks are compared with", $"annotation (id {annotation.Id})");
            for (var i = 0; i < detections.Length; i++)
            {
                overlaps[i * objects.Length + place] = mask is null
                    ? CocoBox.IoU(detections[i].Box, annotation.Box, annotation.IsCrowd)
                    : CocoMask.IoU(detections[i].Mask!, mask, annotation.IsCrowd);
            }
        }
    }

    /// <summary>Puts the objects that count before those that do not, and says how many do.</summary>
    private int Order(ReadOnlySpan<CocoAnnotation> objects, int area)
    {
        var counted = 0;
        foreach (var isWanted in (ReadOnlySpan<bool>)[true, false])
        {
            var next = isWanted ? 0 : counted;
            for (var i = 0; i < objects.Length; i++)
            {
                if (IsCounted(objects[i], area) == isWanted)
                    order[next++] = i;
            }
            counted = isWanted ? next : counted;
        }
        return counted;
    }

    /// <summary>The place in the order of the object that a detection takes; -1 if none. Of equal ones it is the last.</summary>
    private int Choose(ReadOnlySpan<CocoAnnotation> objects, ReadOnlySpan<double> overlapsOf, int counted, int threshold)
    {
        // Boxes that are the same may have an IoU that is a rounding less than 1.
        const double AlmostAll = 1 - 1e-10;
        var best = Math.Min(CocoParameters.IouThresholds[threshold], AlmostAll);
        var chosen = -1;
        for (var place = 0; place < objects.Length; place++)
        {
            if (place >= counted && chosen >= 0 && chosen < counted)
                break;
            var index = order[place];
            if ((isTaken[place] && !objects[index].IsCrowd) || overlapsOf[index] < best)
                continue;
            (best, chosen) = (overlapsOf[index], place);
        }
        return chosen;
    }
}
