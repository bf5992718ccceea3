using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace KnDsl.Training;

/// <summary>
/// Images in folders, one for each class, in torchvision's layout: <c>root/train/class/image.jpg</c>. Classes are in ordinal order, and so
/// are the images of each; folders in the folder of a class belong to the class.
/// </summary>
public sealed class ImageFolder : ImageDataset
{
    private readonly string folder;
    private readonly string[] classes;
    private readonly (int Label, string Name)[] files;

    /// <summary>Finds the images. None is opened.</summary>
    /// <param name="root">The folder of the data set.</param>
    /// <param name="split">The folder in it that holds the classes, such as <c>train</c>; null if <paramref name="root"/> does.</param>
    /// <param name="transform">What is done with each image; null leaves them as they are.</param>
    /// <param name="decoder">What reads images, <see cref="ImageDecoder.Create"/> if null.</param>
    /// <param name="classes">The classes that there must be, as those of another split; null if any will do.</param>
    /// <exception cref="DatasetException">
    /// The folder or the split is missing, there is no class, a class has no image, or classes are not those expected.
    /// </exception>
    public ImageFolder(
        string root, string? split = null, IImageTransform? transform = null, IImageDecoder? decoder = null,
        IReadOnlyList<string>? classes = null)
        : base(transform, decoder)
    {
        folder = split is null ? root : Path.Combine(root, split);
        try
        {
            this.classes = FindClasses(root, split, folder);
            ClassNames.Check(folder, this.classes, classes);
            files = [.. this.classes.SelectMany((name, label) => FindImages(Path.Combine(folder, name)).Select(file => (label, file)))];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DatasetException(folder, $"cannot be listed: {error.Message}", error);
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Classes => classes;

    /// <inheritdoc/>
    public override long Count => files.Length;

    /// <inheritdoc/>
    public override long LabelOf(long index) => files[index].Label;

    /// <summary>Does nothing: no file stays open.</summary>
    public override void Dispose() { }

    private protected override (string Path, string? Entry) PlaceOf(long index) =>
        (Path.Combine(folder, classes[files[index].Label], files[index].Name), null);

    private protected override byte[] Read(long index, ImageLimits limits, out int length) =>
        FileReading.ReadRented(PlaceOf(index).Path, limits, out length);

    private static string[] FindClasses(string root, string? split, string folder)
    {
        if (!Directory.Exists(root))
        {
            throw new DatasetException(root, File.Exists(root)
                ? "is a file, expected a folder with a folder for each class"
                : "there is no such folder");
        }
        if (!Directory.Exists(folder))
            throw new DatasetException(root, $"has no folder '{split}'; {Contents(root)}");
        var classes = Directory.GetDirectories(folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal).ToArray();
        return classes.Length > 0 ? classes
            : throw new DatasetException(folder, $"has no folder, expected one for each class; {Contents(folder)}");
    }

    /// <summary>The images of a class, folder by folder, as os.walk and sorted put them.</summary>
    private static IEnumerable<string> FindImages(string folder)
    {
        var found = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Where(ImageExtensions.Has)
            .Select(path => Path.GetRelativePath(folder, path).Replace(Path.DirectorySeparatorChar, '/'))
            .Order(ImageOrder.Comparer)
            .ToArray();
        return found.Length > 0 ? found
            : throw new DatasetException(folder, $"is an empty class: no file in it ends in {ImageExtensions.Text}; {Contents(folder)}");
    }

    private static string Contents(string folder)
    {
        const int Shown = 5;
        var names = Directory.EnumerateFileSystemEntries(folder).Select(path => $"'{Path.GetFileName(path)}'")
            .Order(StringComparer.Ordinal).ToArray();
        return names.Length == 0 ? "the folder is empty"
            : $"it has {string.Join(", ", names.Take(Shown))}{(names.Length > Shown ? $" and {names.Length - Shown} more" : "")}";
    }
}
