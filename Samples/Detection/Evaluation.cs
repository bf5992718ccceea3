using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Samples.Detection.Data;
using KnDsl.Samples.Detection.Detectors;
using KnDsl.Training;
using KnDsl.Vision;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl.Samples.Detection;

/// <summary>Detects objects in images and compares them with those that there are.</summary>
internal static class Evaluation
{
    /// <summary>A pixel belongs to an object from this probability on.</summary>
    public const double MaskThreshold = 0.5;

    /// <summary>
    /// So many pixels of masks are in memory at once, or one mask: a hundred of a large photograph are more than an array holds.
    /// </summary>
    private const long PixelsAtOnce = 1 << 26;

    /// <summary>The detections in all images that can be read, of all processes, and the ids of these images.</summary>
    /// <param name="detector">The detector, in inference mode.</param>
    /// <param name="images">The images.</param>
    /// <param name="loader">Reads them; each process has a part.</param>
    /// <param name="labels">The categories of the detector's labels.</param>
    /// <param name="device">The detector's device.</param>
    /// <param name="processes">The processes that share the images.</param>
    public static (IReadOnlyList<CocoResult> Results, long[] Images) Detect(
        Detector detector, FirstImages images, DataLoader<DetectionItem, DetectionBatch> loader, LabelMap labels, Device device,
        ProcessGroup processes)
    {
        var byFile = Enumerable.Range(0, (int)images.Count).ToDictionary(index => images.NameOf(index));
        var results = new List<CocoResult>();
        var isRead = new int[images.Count];
        foreach (var batch in loader.Read(epoch: 0))
        {
            using var scope = NewDisposeScope();
            using (batch)
            {
                var found = detector.Detect(batch.Images.to(device), batch.Sizes);
                for (var place = 0; place < found.Count; place++)
                {
                    if (batch.Replaced.Contains(place))
                        continue;
                    var index = byFile[batch.Names[place]];
                    var image = images.ImageOf(index);
                    isRead[index] = 1;
                    results.AddRange(ResultsOf(found[place], batch.Sizes[place], image, images.Annotations, labels));
                }
            }
        }
        using var read = tensor(isRead);
        processes.AllReduce(read, name: "the images that were read");
        long[] ids = [.. read.data<int>().Select((times, index) => (times, index)).Where(pair => pair.times > 0)
            .Select(pair => images.ImageOf(pair.index).Id)];
        return (SharedResults.Gather(results, processes, images.Annotations), ids);
    }

    /// <summary>The figures by name: <c>AP50</c> of boxes and, where there are masks, <c>mask-AP50</c>.</summary>
    /// <param name="detected">The detections, and the ids of the images that they are in.</param>
    /// <param name="annotations">What there is.</param>
    /// <param name="hasMasks">Whether there are masks.</param>
    public static IReadOnlyDictionary<string, double> Figures(
        (IReadOnlyList<CocoResult> Results, long[] Images) detected, CocoAnnotations annotations, bool hasMasks)
    {
        var figures = new Dictionary<string, double>();
        foreach (var (summary, start) in Summaries(detected, annotations, hasMasks).Zip(["", "mask-"]))
        {
            foreach (var (name, value) in summary.Figures)
                figures[start + name] = value;
        }
        return figures;
    }

    /// <summary>The figures of boxes and, where there are such, of masks.</summary>
    /// <inheritdoc cref="Figures"/>
    public static IEnumerable<CocoSummary> Summaries(
        (IReadOnlyList<CocoResult> Results, long[] Images) detected, CocoAnnotations annotations, bool hasMasks)
    {
        yield return CocoEvaluator.Evaluate(annotations, detected.Results, CocoIouType.Box, detected.Images);
        if (hasMasks)
            yield return CocoEvaluator.Evaluate(annotations, detected.Results, CocoIouType.Mask, detected.Images);
    }

    /// <summary>Detections of an image in its own pixels, of labels that a category of the set has.</summary>
    private static IEnumerable<CocoResult> ResultsOf(
        Detections found, ImageSize from, CocoImage image, CocoAnnotations annotations, LabelMap labels)
    {
        var size = new ImageSize(image.Height, image.Width);
        var atOnce = Math.Max(1, PixelsAtOnce / ((long)image.Height * image.Width));
        for (var first = 0L; first < found.Count; first += atOnce)
        {
            CocoResult[] results;
            using (NewDisposeScope())
            {
                var part = found.Narrow(first, Math.Min(atOnce, found.Count - first)).Resized(from, size);
                results = [.. ResultsOf(part, image, annotations, labels)];
            }
            foreach (var result in results)
                yield return result;
        }
    }

    private static IEnumerable<CocoResult> ResultsOf(Detections found, CocoImage image, CocoAnnotations annotations, LabelMap labels)
    {
        var boxes = found.Boxes.cpu().data<float>().ToArray();
        var (scores, numbers) = (found.Scores.cpu().data<float>().ToArray(), found.Labels.cpu().data<long>().ToArray());
        var masks = found.Masks?.ge(Held(MaskThreshold)).cpu().data<bool>().ToArray();
        var pixels = image.Height * image.Width;
        for (var i = 0; i < scores.Length; i++)
        {
            // The set may have another id for a category than the one that the network was trained on, or none of it.
            if (labels.CategoryOf(numbers[i]) is not { } known || annotations.FindCategory(known.Name) is not { } category)
                continue;
            var box = CocoBox.FromCorners(boxes[4 * i], boxes[4 * i + 1], boxes[4 * i + 2], boxes[4 * i + 3]);
            yield return masks is null ? new(image.Id, category.Id, box, scores[i])
                : new(image.Id, category.Id, CocoMask.Encode(masks.AsSpan(i * pixels, pixels), image.Height, image.Width), scores[i], box);
        }
    }
}
