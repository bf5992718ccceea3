using System.Collections.Generic;
using System.IO;
using System.Linq;
using KnDsl.Training;
using KnDsl.Vision;

namespace KnDsl.Samples.Detection.Data;

/// <summary>
/// A split of a set in COCO's format: <c>DATA/annotations/instances_val.json</c> and <c>DATA/val</c>, or with the year of COCO's files,
/// <c>instances_val2017.json</c> and <c>val2017</c>.
/// </summary>
/// <param name="Folder">The folder of the images.</param>
/// <param name="Annotations">Images, categories and objects.</param>
internal sealed record CocoSplit(string Folder, CocoAnnotations Annotations)
{
    private static readonly string[] Years = ["", "2017"];

    /// <summary>Finds and reads a split. No image is opened.</summary>
    /// <param name="data">The folder of the set.</param>
    /// <param name="split"><c>train</c> or <c>val</c>.</param>
    /// <param name="bad">What becomes of bad entries.</param>
    /// <param name="categories">The categories of a network, in the order of their labels; null if any will do.</param>
    /// <exception cref="DatasetException">A file or folder is missing, or there is no image.</exception>
    /// <exception cref="CocoException">The json, or an entry of it, cannot be used.</exception>
    public static CocoSplit Open(string data, string split, BadEntries bad, IReadOnlyList<string>? categories = null)
    {
        if (!Directory.Exists(data))
            throw new DatasetException(data, File.Exists(data) ? "is a file, expected the folder of a set" : "there is no such folder");
        foreach (var year in Years)
        {
            var (json, folder) = (Path.Combine(data, "annotations", $"instances_{split}{year}.json"), Path.Combine(data, split + year));
            if (!File.Exists(json))
                continue;
            if (!Directory.Exists(folder))
                throw new DatasetException(folder, $"there is no such folder, expected the images of {json}");
            var annotations = CocoAnnotations.Read(
                json, new CocoReadOptions { BadEntries = bad, ImageFolder = folder, Categories = categories });
            return annotations.Images.Count > 0 ? new(folder, annotations) : throw new DatasetException(json, "has no image");
        }
        var expected = Years.Select(year => Path.Combine("annotations", $"instances_{split}{year}.json"));
        throw new DatasetException(data, $"has no {string.Join(" and no ", expected)}");
    }
}
