using System;
using System.Collections.Generic;
using System.Linq;

namespace KnDsl.Vision;

/// <summary>
/// Precision and recall of one category: the detections of all images in the order of their scores, each a hit, a false alarm or
/// ignored.
/// </summary>
internal sealed class CategoryCurves
{
    private readonly DetectionOutcome[] outcomes;
    private readonly IReadOnlyList<int> objects;
    private readonly double[] recalls, precisions;

    /// <summary>Puts the outcomes in order.</summary>
    /// <param name="category">The category.</param>
    /// <param name="outcomes">Those of all images, in the order of the images' ids; of equal scores this order remains.</param>
    /// <param name="objects">For each area, the objects that count.</param>
    public CategoryCurves(CocoCategory category, IEnumerable<DetectionOutcome> outcomes, IReadOnlyList<int> objects)
    {
        Category = category;
        this.outcomes = [.. outcomes.OrderByDescending(outcome => outcome.Score)];
        this.objects = objects;
        (recalls, precisions) = (new double[this.outcomes.Length], new double[this.outcomes.Length]);
        Precision = new double[CocoParameters.Areas.Count, CocoParameters.IouThresholds.Count];
        Recall = new double[CocoParameters.Areas.Count, CocoParameters.DetectionLimits.Count];
        for (var area = 0; area < CocoParameters.Areas.Count; area++)
        {
            for (var threshold = 0; threshold < CocoParameters.IouThresholds.Count; threshold++)
                Precision[area, threshold] = Has(area) ? MeanPrecision(area, threshold) : 0;
            for (var limit = 0; limit < CocoParameters.DetectionLimits.Count; limit++)
                Recall[area, limit] = Has(area) ? MeanRecall(area, CocoParameters.DetectionLimits[limit]) : 0;
        }
    }

    /// <summary>The category.</summary>
    public CocoCategory Category { get; }

    /// <summary>For each area and IoU threshold, the mean of the precisions at the 101 recalls.</summary>
    public double[,] Precision { get; }

    /// <summary>For each area and number of detections in an image, the recall, as a mean over the IoU thresholds.</summary>
    public double[,] Recall { get; }

    /// <summary>Whether there is an object of an area that counts; there are no figures of others.</summary>
    public bool Has(int area) => objects[area] > 0;

    private double MeanPrecision(int area, int threshold)
    {
        var bit = DetectionOutcome.Bit(area, threshold);
        var (hits, alarms) = (0, 0);
        for (var i = 0; i < outcomes.Length; i++)
        {
            if ((outcomes[i].Ignored & bit) == 0)
                _ = (outcomes[i].Matched & bit) != 0 ? hits++ : alarms++;
            recalls[i] = hits / (double)objects[area];
            precisions[i] = hits + alarms == 0 ? 0 : hits / (double)(hits + alarms);
        }
        // The precision at a recall is the best at this recall or a higher one.
        for (var i = outcomes.Length - 2; i >= 0; i--)
            precisions[i] = Math.Max(precisions[i], precisions[i + 1]);
        var (sum, place) = (0.0, 0);
        foreach (var recall in CocoParameters.RecallThresholds)
        {
            while (place < outcomes.Length && recalls[place] < recall)
                place++;
            if (place == outcomes.Length)
                break;
            sum += precisions[place];
        }
        return sum / CocoParameters.RecallThresholds.Count;
    }

    private double MeanRecall(int area, int limit)
    {
        var hits = 0L;
        foreach (var outcome in outcomes.Where(outcome => outcome.Rank < limit))
        {
            for (var threshold = 0; threshold < CocoParameters.IouThresholds.Count; threshold++)
                hits += (outcome.Matched & ~outcome.Ignored & DetectionOutcome.Bit(area, threshold)) != 0 ? 1 : 0;
        }
        return hits / (double)objects[area] / CocoParameters.IouThresholds.Count;
    }
}
