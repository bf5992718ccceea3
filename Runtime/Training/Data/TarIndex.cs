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
        while (reader.GetNextEntry() is { } entry)
        {
            if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile)
                || entry.Length == 0)
            {
                continue;
            }
            var name = entry.Name.StartsWith("./", StringComparison.Ordinal) ? entry.Name[2..] : entry.Name;
            var offset = start + entry.DataOffset;
            if (offset + entry.Length > archive.Length)
            {
                throw new DatasetException(archive.Path, $"is cut off in entry '{prefix}{name}': the archive has {archive.Length} bytes, "
                    + $"and the entry ends at {offset + entry.Length}");
            }
            if (prefix.Length == 0 && name.EndsWith(".tar", StringComparison.OrdinalIgnoreCase))
                Read(entry.DataStream!, Path.GetFileNameWithoutExtension(name), $"{prefix}{name}/", offset, found, archive);
            else if (ImageExtensions.Has(name))
                found.Add(new(archive.Number, prefix + name, FolderOf(name) ?? archiveName, offset, entry.Length));
        }
    }

    private static string? FolderOf(string name) => name.LastIndexOf('/') is > 0 and var end ? name[..end] : null;

    /// <summary>Other archives are often called tar too. An archive of none but empty blocks has no sign.</summary>
    private static void CheckSign(string path, FileStream stream)
    {
        Span<byte> start = stackalloc byte[512];
        var length = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        stream.Position = 0;
        if (length == 0)
            throw new DatasetException(path, "is empty, expected a tar archive");
        if (start is [0x1F, 0x8B, ..] or [(byte)'B', (byte)'Z', (byte)'h', ..] or [0xFD, (byte)'7', (byte)'z', ..]
            or [0x28, 0xB5, 0x2F, 0xFD, ..])
        {
            throw new DatasetException(
                path, "is compressed, so that its entries cannot be read one by one: uncompress it first (gunzip, bunzip2, unxz or unzstd)");
        }
        // Archives older than POSIX have no sign; their check sum is what TarReader looks at.
        if (length < start.Length || (Encoding.Latin1.GetString(start[257..262]) != "ustar" && start.IndexOf((byte)0) <= 0))
            throw new DatasetException(path, "is no tar archive");
    }

    private readonly record struct Archive(string Path, int Number, long Length);
}
