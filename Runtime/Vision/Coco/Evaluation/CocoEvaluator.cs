using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.ExceptionServices;
using System.Threading.Tasks;

namespace KnDsl.Vision;

/// <summary>
/// COCO's evaluation of detections (<see href="https://cocodataset.org/#detection-eval">cocodataset.org</see>), in the order and the
/// arithmetic of its published program where these decide.
/// </summary>
public static class CocoEvaluator
{
    /// <summary>Compares detections with the objects of a set.</summary>
    /// <param name="annotations">The objects.</param>
    /// <param name="results">
    /// The detections, in any order; of those of a category in an image with equal scores, the ones that come first count as higher, and
    /// of those in different images the ones of the lower image id.
    /// </param>
    /// <param name="type">What is compared.</param>
    /// <param name="imageIds">
    /// The images that the figures are of, by their numbers in the json; null is all. Images without any detection must be among them.
    /// </param>
    /// <exception cref="ArgumentException">
    /// A detection or <paramref name="imageIds"/> names what the set has not, or a detection lacks a mask where masks are compared.
    /// </exception>
    /// <exception cref="CocoException">Masks are compared and an annotation has none.</exception>
    public static CocoSummary Evaluate(
        CocoAnnotations annotations, IEnumerable<CocoResult> results, CocoIouType type = CocoIouType.Box,
        IEnumerable<long>? imageIds = null)
    {
        ArgumentNullException.ThrowIfNull(annotations);
        ArgumentNullException.ThrowIfNull(results);
        HashSet<long>? chosen = imageIds is null ? null : [.. imageIds];
        foreach (var id in chosen ?? [])
            _ = annotations.FindImage(id) ?? throw new ArgumentException($"image {id} is not in {annotations.Path}", nameof(imageIds));

        var detections = new Dictionary<long, List<CocoResult>>();
        foreach (var result in results)
        {
            Check(annotations, result, type);
            if (chosen?.Contains(result.ImageId) == false)
                continue;
            if (!detections.TryGetValue(result.CategoryId, out var ofCategory))
                detections.Add(result.CategoryId, ofCategory = []);
            ofCategory.Add(result);
        }
        var objects = annotations.Annotations.Where(annotation => chosen?.Contains(annotation.Image.Id) != false)
            .ToLookup(annotation => annotation.Category.Id);

        var categories = annotations.Categories.OrderBy(category => category.Id).ToArray();
        var curves = new CategoryCurves[categories.Length];
        try
        {
            Parallel.For(0, categories.Length, i => curves[i] = CurvesOf(
                annotations.Path, type, categories[i], objects[categories[i].Id],
                detections.GetValueOrDefault(categories[i].Id) ?? []));
        }
        catch (AggregateException error) when (error.InnerException is CocoException problem)
        {
            ExceptionDispatchInfo.Throw(problem);
        }
        return new(type, curves);
    }

    private static void Check(CocoAnnotations annotations, CocoResult result, CocoIouType type)
    {
        var image = annotations.FindImage(result.ImageId)
            ?? throw new ArgumentException($"a detection is of image {result.ImageId}, which is not in {annotations.Path}");
        if (annotations.FindCategory(result.CategoryId) is null)
            throw new ArgumentException($"a detection is of category {result.CategoryId}, which is not in {annotations.Path}");
        if (type != CocoIouType.Mask)
            return;
        if (result.Mask is not { } mask)
            throw new ArgumentException($"a detection in image {result.ImageId} has no mask, and masks are compared");
        if ((mask.Height, mask.Width) != (image.Height, image.Width))
        {
            throw new ArgumentException($"the mask of a detection in image {image.Id} is of {mask.Height} x {mask.Width} pixels, "
                + $"expected height and width of the image, {image.Height} x {image.Width}");
        }
    }

    private static CategoryCurves CurvesOf(
        string path, CocoIouType type, CocoCategory category, IEnumerable<CocoAnnotation> objects, List<CocoResult> detections)
    {
        var counts = new int[CocoParameters.Areas.Count];
        var objectsOf = objects.GroupBy(annotation => annotation.Image.Id).ToDictionary(group => group.Key, group => group.ToArray());
        foreach (var annotation in objectsOf.Values.SelectMany(group => group))
        {
            for (var area = 0; area < counts.Length; area++)
                counts[area] += ImageMatcher.IsCounted(annotation, area) ? 1 : 0;
        }

        var matcher = new ImageMatcher(path, type);
        var outcomes = new List<DetectionOutcome>(detections.Count);
        foreach (var group in detections.GroupBy(result => result.ImageId).OrderBy(group => group.Key))
        {
            var best = group.OrderByDescending(result => result.Score).Take(CocoParameters.MaxDetections).ToArray();
            matcher.Match(objectsOf.GetValueOrDefault(group.Key) ?? [], best, outcomes);
        }
        return new(category, outcomes, counts);
    }
}
