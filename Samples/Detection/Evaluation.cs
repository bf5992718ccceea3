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

    /// <summary>The detections in all images, of all processes.</summary>
    /// <param name="detector">The detector, in inference mode.</param>
    /// <param name="images">The images.</param>
    /// <param name="loader">Reads them; each process has a part.</param>
    /// <param name="labels">The categories of the detector's labels.</param>
    /// <param name="device">The detector's device.</param>
    /// <param name="processes">The processes that share the images.</param>
    public static IReadOnlyList<CocoResult> Detect(
        Detector detector, FirstImages images, DataLoader<DetectionItem, DetectionBatch> loader, LabelMap labels, Device device,
        ProcessGroup processes)
    {
        var byFile = new Dictionary<string, CocoImage>();
        for (var index = 0L; index < images.Count; index++)
            byFile[images.NameOf(index)] = images.ImageOf(index);
        var results = new List<CocoResult>();
        var done = new HashSet<CocoImage>();
        foreach (var batch in loader.Read(epoch: 0))
        {
            using var scope = NewDisposeScope();
            using (batch)
            {
                var found = detector.Detect(batch.Images.to(device), batch.Sizes);
                for (var place = 0; place < found.Count; place++)
                {
                    var image = byFile[batch.Names[place]];
                    // In the place of a damaged image the next one is read, and it comes again.
                    if (!done.Add(image))
                        continue;
                    var inImage = found[place].Resized(batch.Sizes[place], new(image.Height, image.Width));
                    results.AddRange(ResultsOf(inImage, image, images.Annotations, labels));
                }
            }
        }
        return SharedResults.Gather(results, processes, images.Annotations);
    }

    /// <summary>The figures by name: <c>AP50</c> of boxes and, where there are masks, <c>mask-AP50</c>.</summary>
    public static IReadOnlyDictionary<string, double> Figures(
        IReadOnlyList<CocoResult> results, FirstImages images, bool hasMasks)
    {
        var figures = new Dictionary<string, double>();
        foreach (var (summary, start) in Summaries(results, images, hasMasks).Zip(["", "mask-"]))
        {
            foreach (var (name, value) in summary.Figures)
                figures[start + name] = value;
        }
        return figures;
    }

    /// <summary>The figures of boxes and, where there are such, of masks.</summary>
    public static IEnumerable<CocoSummary> Summaries(IReadOnlyList<CocoResult> results, FirstImages images, bool hasMasks)
    {
        long[] ids = [.. Enumerable.Range(0, (int)images.Count).Select(index => images.ImageOf(index).Id)];
        yield return CocoEvaluator.Evaluate(images.Annotations, results, CocoIouType.Box, ids);
        if (hasMasks)
            yield return CocoEvaluator.Evaluate(images.Annotations, results, CocoIouType.Mask, ids);
    }

    /// <summary>Detections of an image in its own pixels, of labels that a category of the set has.</summary>
    private static IEnumerable<CocoResult> ResultsOf(Detections found, CocoImage image, CocoAnnotations annotations, LabelMap labels)
    {
        // TorchSharp makes no array of a tensor without values.
        if (found.Count == 0)
            yield break;
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
