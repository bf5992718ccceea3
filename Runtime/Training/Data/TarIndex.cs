using System;
using System.Collections.Generic;
using System.Formats.Tar;
using System.IO;
using System.Text;

namespace KnDsl.Training;

/// <summary>
/// Finds the images in tar archives by their headers alone. An archive that lies in another, as the one of each class does in ImageNet's
/// own archive, is searched too, but none in that.
/// </summary>
internal static class TarIndex
{
    private const int BlockLength = 512;

    /// <summary>The images of an archive in the order in which they lie there.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="number">The number that it is given.</param>
    /// <exception cref="DatasetException">It cannot be read, is no tar archive, or is cut off.</exception>
    public static List<TarEntryPlace> Read(string path, int number)
    {
        var found = new List<TarEntryPlace>();
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 4096);
            CheckSign(path, stream);
            Read(stream, Path.GetFileNameWithoutExtension(path), "", 0, found, new(path, number, stream.Length));
        }
        catch (Exception error) when (error is not DatasetException)
        {
            // TarReader throws exceptions of many kinds at what is no archive.
            var last = found.Count > 0 ? $" after entry '{found[^1].Name}'" : "";
            throw new DatasetException(path, error is FileNotFoundException or DirectoryNotFoundException
                ? "there is no such file" : $"cannot be read as a tar archive{last}: {error.Message}", error);
        }
        return found;
    }

    private static void Read(
        Stream stream, string archiveName, string prefix, long start, List<TarEntryPlace> found, Archive archive)
    {
        using var reader = new TarReader(stream, leaveOpen: true);
        var files = new Dictionary<string, (long Offset, long Length)>();
        var links = new List<(string Name, TarEntry Link)>();
        while (reader.GetNextEntry() is { } entry)
        {
            var name = Normal(entry.Name);
            var isImage = ImageExtensions.Has(name);
            if (isImage && entry.EntryType is (TarEntryType.HardLink or TarEntryType.SymbolicLink))
                links.Add((name, entry));
            if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile))
                continue;
            var offset = entry.Length > 0 ? start + entry.DataOffset : 0;
            if (offset + entry.Length > archive.Length)
            {
                throw new DatasetException(archive.Path, $"is cut off in entry '{prefix}{name}': the archive has {archive.Length} bytes, "
                    + $"and the entry ends at {offset + entry.Length}");
            }
            files[name] = (offset, entry.Length);
            if (isImage)
                found.Add(new(archive.Number, prefix + name, FolderOf(name) ?? archiveName, offset, entry.Length));
            else if (prefix.Length == 0 && entry.Length > 0 && name.EndsWith(".tar", StringComparison.OrdinalIgnoreCase))
                Read(entry.DataStream!, Path.GetFileNameWithoutExtension(name), $"{prefix}{name}/", offset, found, archive);
        }

        CheckEnd(stream, archive.Path, prefix, found);
        // A link may lead to a link, which may come later.
        for (var left = links.Count; links.Count > 0; left = links.Count)
        {
            links.RemoveAll(link =>
            {
                if (!files.TryGetValue(TargetOf(link.Name, link.Link), out var place))
                    return false;
                files[link.Name] = place;
                found.Add(new(archive.Number, prefix + link.Name, FolderOf(link.Name) ?? archiveName, place.Offset, place.Length));
                return true;
            });
            if (links.Count == left)
            {
                var (name, link) = links[0];
                throw new DatasetException(
                    archive.Path, $"entry '{prefix}{name}' is a link to '{link.LinkName}', which is no file in the archive");
            }
        }
    }

    private static string TargetOf(string name, TarEntry link) =>
        Normal(link.EntryType == TarEntryType.SymbolicLink && !link.LinkName.StartsWith('/')
            ? $"{FolderOf(name)}/{link.LinkName}" : link.LinkName);

    /// <summary>An archive ends in blocks of zeros. One that was cut off between two entries would only have fewer of them.</summary>
    private static void CheckEnd(Stream stream, string path, string prefix, List<TarEntryPlace> found)
    {
        Span<byte> end = stackalloc byte[BlockLength];
        stream.Position = stream.Length - stream.Length % BlockLength - BlockLength;
        stream.ReadExactly(end);
        if (end.IndexOfAnyExcept((byte)0) >= 0)
        {
            throw new DatasetException(path, (prefix.Length > 0 ? $"entry '{prefix.TrimEnd('/')}' " : "") + "is cut off"
                + (found.Count > 0 ? $" after entry '{found[^1].Name}'" : "") + ": the zeros that a tar archive ends in are missing");
        }
    }

    /// <summary>A name without '.' and '..'.</summary>
    private static string Normal(string name)
    {
        var parts = new List<string>();
        foreach (var part in name.Split('/'))
        {
            if (part == ".." && parts.Count > 0)
                parts.RemoveAt(parts.Count - 1);
            else if (part is not ("" or "." or ".."))
                parts.Add(part);
        }
        return string.Join('/', parts);
    }

    private static string? FolderOf(string name) => name.LastIndexOf('/') is > 0 and var end ? name[..end] : null;

    /// <summary>Other archives are often called tar too. An archive of none but empty blocks has no sign.</summary>
    private static void CheckSign(string path, FileStream stream)
    {
        Span<byte> start = stackalloc byte[BlockLength];
        var length = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        stream.Position = 0;
        if (length == 0)
            throw new DatasetException(path, "is empty, expected a tar archive");
        if (start is [0x1F, 0x8B, ..] or [(byte)'B', (byte)'Z', (byte)'h', ..] or [0xFD, (byte)'7', (byte)'z', ..]
            or [0x28, 0xB5, 0x2F, 0xFD, ..])
        {
            throw new DatasetException(
                path, "is compressed, so that no entry can be read by itself: uncompress it first (gunzip, bunzip2, unxz or unzstd)");
        }
        // Archives older than POSIX have no sign; their check sum is what TarReader looks at.
        if (length < start.Length || (Encoding.Latin1.GetString(start[257..262]) != "ustar" && start.IndexOf((byte)0) <= 0))
            throw new DatasetException(path, "is no tar archive");
    }

    private readonly record struct Archive(string Path, int Number, long Length);
}
