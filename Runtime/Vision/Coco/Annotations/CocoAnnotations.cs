using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using KnDsl.Training;

namespace KnDsl.Vision;

/// <summary>
/// The images, categories and objects of a file in COCO's format
/// (<see href="https://cocodataset.org/#format-data">cocodataset.org</see>, object detection).
/// </summary>
public sealed class CocoAnnotations
{
    private readonly Dictionary<long, CocoImage> imagesById;
    private readonly Dictionary<string, CocoImage> imagesByName;
    private readonly Dictionary<long, CocoCategory> categoriesById;
    private readonly Dictionary<string, CocoCategory> categoriesByName;
    private readonly Dictionary<int, CocoCategory> categoriesByLabel;
    private readonly Dictionary<long, CocoAnnotation[]> byImage;

    internal CocoAnnotations(string path, IReadOnlyList<CocoImage> images, IReadOnlyList<CocoCategory> categories,
        IReadOnlyList<CocoAnnotation> annotations, IReadOnlyList<SkippedEntry> skipped)
    {
        (Path, Images, Categories, Annotations, Skipped) = (path, images, categories, annotations, skipped);
        imagesById = images.ToDictionary(image => image.Id);
        imagesByName = images.ToDictionary(image => image.FileName);
        categoriesById = categories.ToDictionary(category => category.Id);
        categoriesByName = categories.ToDictionary(category => category.Name);
        categoriesByLabel = categories.ToDictionary(category => category.Label);
        byImage = annotations.GroupBy(annotation => annotation.Image.Id).ToDictionary(group => group.Key, group => group.ToArray());
    }

    /// <summary>The json.</summary>
    public string Path { get; }

    /// <summary>The images in the order of the json.</summary>
    public IReadOnlyList<CocoImage> Images { get; }

    /// <summary>The categories in the order of their labels.</summary>
    public IReadOnlyList<CocoCategory> Categories { get; }

    /// <summary>The objects in the order of the json.</summary>
    public IReadOnlyList<CocoAnnotation> Annotations { get; }

    /// <summary>What was left out, in the order of the json's lists; none where bad entries are fatal.</summary>
    public IReadOnlyList<SkippedEntry> Skipped { get; }

    /// <summary>Whether the binary copy was read, not the json.</summary>
    public bool IsFromCache { get; private set; }

    /// <summary>Why no binary copy could be written; null where one was, or none was asked for. The next reading is slow again.</summary>
    public string? CacheProblem { get; private set; }

    /// <summary>
    /// Reads a file. The json goes through a buffer, so that the memory needed is that of its objects; a binary copy beside it makes the
    /// next reading quick.
    /// </summary>
    /// <param name="path">The json.</param>
    /// <param name="options">How it is read; null is the defaults.</param>
    /// <exception cref="CocoException">
    /// The file is not there, is cut off or is none of COCO's format, or an entry is bad and that is fatal.
    /// </exception>
    /// <exception cref="DatasetException">There is no such <see cref="CocoReadOptions.ImageFolder"/>.</exception>
    public static CocoAnnotations Read(string path, CocoReadOptions? options = null)
    {
        options ??= new();
        if (options.ImageFolder is { } folder)
            FileProblems.RequireFolder(folder);
        try
        {
            using var stream = JsonTokens.Open(path);
            var cache = options.UseCache ? AnnotationCache.Of(path, stream) : null;
            var cached = cache?.Read();
            var file = cached ?? AnnotationParser.Read(path, stream, options.BadEntries);
            var linked = new AnnotationLinker(path, options).Link(file);
            linked.IsFromCache = cached is not null;
            linked.CacheProblem = cached is null ? cache?.Write(file) : null;
            return linked;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CocoException(path, FileProblems.Describe(path, error), cause: error);
        }
    }

    /// <summary>
    /// Writes a json, as for a set that a program makes. The file is complete or is not there, or stays what it was. The entries are held
    /// in memory, since all are checked before the first is written.
    /// </summary>
    /// <param name="path">The file; its folder must be there.</param>
    /// <param name="images">The images, each with an id and a file of its own.</param>
    /// <param name="categories">The categories; their labels are not written, as they follow from the ids.</param>
    /// <param name="annotations">The objects, of these images and categories, whose ids are looked for.</param>
    /// <exception cref="CocoException"><see cref="Read"/> would refuse an entry. The message is the same, with the entry.</exception>
    /// <exception cref="IOException">The file cannot be written; the message says why.</exception>
    public static void Write(
        string path, IEnumerable<CocoImage> images, IEnumerable<CocoCategory> categories, IEnumerable<CocoAnnotation> annotations)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(categories);
        ArgumentNullException.ThrowIfNull(annotations);
        AnnotationWriter.Write(path, images, categories, annotations);
    }

    /// <summary>The objects of an image, crowds too, in the order of the json; none where it has none.</summary>
    /// <param name="image">An image of this set.</param>
    public IReadOnlyList<CocoAnnotation> AnnotationsOf(CocoImage image) => byImage.GetValueOrDefault(image.Id) ?? [];

    /// <summary>The image of an id; null where there is none.</summary>
    /// <param name="id">Its number in the json.</param>
    public CocoImage? FindImage(long id) => imagesById.GetValueOrDefault(id);

    /// <summary>The image of a file; null where there is none.</summary>
    /// <param name="fileName">Its name as in the json.</param>
    public CocoImage? FindImage(string fileName) => imagesByName.GetValueOrDefault(fileName);

    /// <summary>The category of an id; null where there is none.</summary>
    /// <param name="id">Its number in the json.</param>
    public CocoCategory? FindCategory(long id) => categoriesById.GetValueOrDefault(id);

    /// <summary>The category of a name; null where there is none.</summary>
    /// <param name="name">Its name.</param>
    public CocoCategory? FindCategory(string name) => categoriesByName.GetValueOrDefault(name);

    /// <summary>
    /// The category of a label; null where there is none, as where <see cref="CocoReadOptions.Categories"/> names one that this file
    /// lacks.
    /// </summary>
    /// <param name="label">Its number for a network, from 0.</param>
    public CocoCategory? CategoryOfLabel(int label) => categoriesByLabel.GetValueOrDefault(label);
}
