using System;
using System.Buffers;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Microsoft.Win32.SafeHandles;

namespace KnDsl.Training;

/// <summary>
/// Images in tar archives, which are read where they lie: nothing is unpacked. The class of an image is its folder; in an archive without
/// folders the archive's name, as in those of ImageNet. The order is that of <see cref="ImageFolder"/> with the same files.
/// </summary>
public sealed class ImageTar : ImageDataset
{
    private readonly string[] archives;
    private readonly SafeFileHandle[] handles;
    private readonly string[] classes;
    private readonly (int Label, TarEntryPlace Place)[] images;

    /// <summary>Finds the images by the headers of the archives.</summary>
    /// <param name="path">A tar archive, or a folder with some (<c>*.tar</c>).</param>
    /// <param name="split">
    /// The folder in the archives that holds the classes, such as <c>train</c>, wherever it is. If null, all images are taken, and the
    /// class is the folder that the image itself is in.
    /// </param>
    /// <param name="transform">What is done with each image; null leaves them as they are.</param>
    /// <param name="decoder">What reads images, <see cref="ImageDecoder.Create"/> if null.</param>
    /// <param name="classes">The classes that there must be, as those of another split; null if any will do.</param>
    /// <exception cref="DatasetException">
    /// An archive is missing, is none or is cut off, the split is missing, there is no image, two folders have the name of one class, or
    /// classes are not those expected.
    /// </exception>
    public ImageTar(
        string path, string? split = null, IImageTransform? transform = null, IImageDecoder? decoder = null,
        IReadOnlyList<string>? classes = null)
        : base(transform, decoder)
    {
        archives = FindArchives(path);
        var entries = archives.SelectMany(TarIndex.Read).ToArray();
        if (entries.Length == 0)
            throw new DatasetException(path, $"has no entry whose name ends in {ImageExtensions.Text}");
        var found = Classify(path, split, entries);
        this.classes = [.. found.Select(image => image.Class).Distinct().Order(StringComparer.Ordinal)];
        ClassNames.Check(path, this.classes, classes);
        var labels = this.classes.Select((name, label) => (name, label)).ToDictionary(pair => pair.name, pair => pair.label);
        images =
        [
            .. found.OrderBy(image => image.Class, StringComparer.Ordinal).ThenBy(image => image.File, ImageOrder.Comparer)
                .Select(image => (labels[image.Class], image.Place)),
        ];
        handles = [.. archives.Select(archive => File.OpenHandle(archive, options: FileOptions.RandomAccess))];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Classes => classes;

    /// <inheritdoc/>
    public override long Count => images.Length;

    /// <inheritdoc/>
    public override long LabelOf(long index) => images[index].Label;

    /// <summary>Closes the archives.</summary>
    public override void Dispose()
    {
        foreach (var handle in handles)
            handle.Dispose();
    }

    private protected override (string Path, string? Entry) PlaceOf(long index) =>
        (archives[images[index].Place.Archive], images[index].Place.Name);

    private protected override byte[] Read(long index, ImageLimits limits, out int length)
    {
        var place = images[index].Place;
        var (path, entry) = PlaceOf(index);
        if (limits.Refuse(place.Length) is { } problem)
            throw new DamagedFileException(path, problem, entry);
        length = (int)place.Length;
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            FileReading.ReadExactly(handles[place.Archive], buffer.AsSpan(0, length), place.Offset);
            return buffer;
        }
        catch (IOException error)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw new DamagedFileException(path, $"cannot be read: {error.Message}", entry, error);
        }
    }

    private static string[] FindArchives(string path)
    {
        if (File.Exists(path))
            return [path];
        if (!Directory.Exists(path))
            throw new DatasetException(path, "there is no such file or folder");
        var found = Directory.GetFiles(path, "*.tar").Order(StringComparer.Ordinal).ToArray();
        return found.Length > 0 ? found : throw new DatasetException(path, "has no file whose name ends in .tar");
    }

    /// <summary>The class of each image and its name in the class. Of two entries of one name in an archive the last counts.</summary>
    private static List<(string Class, string File, TarEntryPlace Place)> Classify(string path, string? split, TarEntryPlace[] entries)
    {
        var found = new Dictionary<(int Archive, string Name), (string Class, string File, TarEntryPlace Place)>();
        var folders = new Dictionary<string, string>();
        foreach (var entry in entries)
        {
            var parts = entry.Folder.Split('/');
            var place = split is null ? parts.Length - 1 : Array.IndexOf(parts, split) + 1;
            if (split is not null && (place == 0 || place == parts.Length))
                continue;
            var name = entry.Name[(entry.Name.LastIndexOf('/') + 1)..];
            var folder = ArchiveIn(entry, name) + string.Join('/', parts.Take(place + 1));
            if (!folders.TryAdd(parts[place], folder) && folders[parts[place]] != folder)
            {
                throw new DatasetException(path, $"class '{parts[place]}' is in '{folders[parts[place]]}' and in '{folder}': "
                    + "name the split whose classes are meant");
            }
            found[(entry.Archive, entry.Name)] = (parts[place], string.Join('/', [.. parts.Skip(place + 1), name]), entry);
        }
        if (found.Count == 0)
        {
            var tops = entries.Select(entry => $"'{entry.Folder}'").Distinct().Order(StringComparer.Ordinal).ToArray();
            throw new DatasetException(path, $"has no folder '{split}' with a folder for each class; images are in "
                + $"{string.Join(", ", tops.Take(5))}{(tops.Length > 5 ? $" and {tops.Length - 5} more folders" : "")}");
        }
        return [.. found.Values];
    }

    /// <summary>The archive within the archive that an entry in a folder lies in, with a slash after it; empty if there is none.</summary>
    private static string ArchiveIn(TarEntryPlace entry, string name)
    {
        var end = $"{entry.Folder}/{name}";
        return entry.Name.EndsWith(end, StringComparison.Ordinal) ? entry.Name[..^end.Length] : "";
    }
}
