using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using static KnDsl.Vision.AnnotationFile;

namespace KnDsl.Vision;

/// <summary>Joins annotations with the images and categories that they name, and checks what can only be checked then.</summary>
/// <param name="path">The json, for messages.</param>
/// <param name="options">What is checked.</param>
internal sealed class AnnotationLinker(string path, CocoReadOptions options)
{
    private readonly EntryProblems problems = new(path, options.BadEntries);
    private readonly Dictionary<long, CocoImage> images = [];
    private readonly Dictionary<long, CocoCategory> categories = [];
    private readonly HashSet<long> leftOutImages = [], leftOutCategories = [];

    /// <summary>Joins the entries of a file.</summary>
    /// <exception cref="CocoException">An entry is bad and that is fatal, or no category is left.</exception>
    public CocoAnnotations Link(AnnotationFile file)
    {
        foreach (var (list, index, id, problem) in file.Unreadable)
        {
            problems.Add(CocoEntry.PlaceOf(list, index, id), problem);
            if (id is { } known && list != AnnotationList)
                (list == ImageList ? leftOutImages : leftOutCategories).Add(known);
        }
        LinkImages(file.Images);
        LinkCategories(file.Categories);
        if (categories.Count == 0)
            throw new CocoException(path, $"'{CategoryList}' has no category{(leftOutCategories.Count > 0 ? " that can be used" : "")}");
        var annotations = LinkAnnotations(file.Annotations);
        return new(path, [.. images.Values], [.. categories.Values.OrderBy(category => category.Label)], annotations, problems.Skipped);
    }

    private void LinkImages(List<ImageEntry> entries)
    {
        var names = new HashSet<string>(entries.Count);
        foreach (var (index, image) in entries)
        {
            var problem = images.ContainsKey(image.Id) ? "another image has this id"
                : names.Contains(image.FileName) ? $"another image has the file '{image.FileName}'"
                : options.ImageFolder is { } folder && !File.Exists(Path.Combine(folder, image.FileName))
                    ? $"the file '{image.FileName}' is not in '{folder}'"
                : null;
            if (problem is null)
            {
                images.Add(image.Id, image);
                names.Add(image.FileName);
                continue;
            }
            problems.Add(CocoEntry.PlaceOf(ImageList, index, image.Id), problem);
            leftOutImages.Add(image.Id);
        }
    }

    private void LinkCategories(List<CategoryEntry> entries)
    {
        var (names, ids) = (new HashSet<string>(), new HashSet<long>());
        var kept = new List<CategoryEntry>();
        foreach (var entry in entries)
        {
            var problem = ids.Contains(entry.Id) ? "another category has this id"
                : names.Contains(entry.Name) ? $"another category has the name '{entry.Name}'"
                : options.Categories is { } known && !known.Contains(entry.Name)
                    ? $"'{entry.Name}' is none of the {known.Count} categories that are known: {Shown(known)}"
                : null;
            if (problem is null)
            {
                names.Add(entry.Name);
                ids.Add(entry.Id);
                kept.Add(entry);
                continue;
            }
            problems.Add(CocoEntry.PlaceOf(CategoryList, entry.Index, entry.Id), problem);
            leftOutCategories.Add(entry.Id);
        }
        kept.Sort((first, second) => first.Id.CompareTo(second.Id));
        var labels = (options.Categories ?? [.. kept.Select(entry => entry.Name)])
            .Select((name, label) => (name, label)).ToDictionary(pair => pair.name, pair => pair.label);
        foreach (var (_, id, name, group) in kept)
            categories.Add(id, new(id, name, group, labels[name]));
    }

    private CocoAnnotation[] LinkAnnotations(List<AnnotationEntry> entries)
    {
        var linked = new List<CocoAnnotation>(entries.Count);
        var ids = new HashSet<long>(entries.Count);
        foreach (var entry in entries)
        {
            var image = images.GetValueOrDefault(entry.ImageId);
            var category = categories.GetValueOrDefault(entry.CategoryId);
            if (ProblemOf(entry, image, category, ids) is { } problem)
                problems.Add(CocoEntry.PlaceOf(AnnotationList, entry.Index, entry.Id), problem);
            else
                linked.Add(new(entry.Id, image!, category!, entry.Box, entry.Area, entry.IsCrowd, entry.Segmentation));
        }
        return [.. linked];
    }

    private string? ProblemOf(AnnotationEntry entry, CocoImage? image, CocoCategory? category, HashSet<long> ids)
    {
        if (image is null)
        {
            return leftOutImages.Contains(entry.ImageId) ? $"its image (id {entry.ImageId}) is left out"
                : $"image_id {entry.ImageId} names none of the {images.Count} images";
        }
        if (category is null)
        {
            return leftOutCategories.Contains(entry.CategoryId) ? $"its category (id {entry.CategoryId}) is left out"
                : $"category_id {entry.CategoryId} names none of the {categories.Count} categories";
        }
        var box = entry.Box;
        if (!(box.Width > 0 && box.Height > 0))
            return FormattableString.Invariant($"the box has no area: it is {box.Width} wide and {box.Height} high");
        if (!image.Contains(box.X, box.Y) || !image.Contains(box.Right, box.Bottom))
        {
            return FormattableString.Invariant($"the box from ({box.X}, {box.Y}) to ({box.Right}, {box.Bottom}) is outside its image of ")
                + $"{image.Width} x {image.Height} pixels";
        }
        return entry.Segmentation?.ProblemIn(image) ?? (ids.Add(entry.Id) ? null : "another annotation has this id");
    }

    private static string Shown(IReadOnlyList<string> names)
    {
        const int Most = 5;
        return string.Join(", ", names.Take(Most).Select(name => $"'{name}'"))
            + (names.Count > Most ? $" and {names.Count - Most} more" : "");
    }
}
