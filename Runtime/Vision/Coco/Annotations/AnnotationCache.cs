using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace KnDsl.Vision;

/// <summary>
/// A binary copy of a json beside it. It begins with a sign, the length and time of the json and the hash of what follows: the entries,
/// as they are before they are linked, so that one copy does for all options. A copy that does not match is made again.
/// </summary>
internal sealed class AnnotationCache
{
    /// <summary>The last digit changes with the format.</summary>
    private static ReadOnlySpan<byte> Sign => "KNCOCO-1"u8;

    private readonly string path;
    private readonly long length, time;

    private AnnotationCache(string path, long length, long time) => (this.path, this.length, this.time) = (path, length, time);

    /// <summary>The copy of a json.</summary>
    /// <param name="json">The file.</param>
    /// <param name="opened">The same, opened: the copy is of what is read there.</param>
    public static AnnotationCache Of(string json, FileStream opened) =>
        new(json + ".cache", opened.Length, File.GetLastWriteTimeUtc(opened.SafeFileHandle).Ticks);

    /// <summary>Reads the copy; null where there is none that is whole and of this json.</summary>
    public AnnotationFile? Read()
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20, FileOptions.SequentialScan);
            using var reader = new BinaryReader(stream);
            if (!reader.ReadBytes(Sign.Length).AsSpan().SequenceEqual(Sign) || reader.ReadInt64() != length || reader.ReadInt64() != time)
                return null;
            // Before anything in it is believed: a length that is wrong would ask for any memory.
            var hash = reader.ReadBytes(SHA256.HashSizeInBytes);
            var start = stream.Position;
            if (!SHA256.HashData(stream).AsSpan().SequenceEqual(hash))
                return null;
            stream.Position = start;
            return ReadFile(reader);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Writes the copy; says why that cannot be done, or null.</summary>
    public string? Write(AnnotationFile file)
    {
        try
        {
            AtomicFile.Write(path, stream =>
            {
                stream.Write(Sign);
                using var header = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
                header.Write(length);
                header.Write(time);
                var place = stream.Position;
                stream.Write(new byte[SHA256.HashSizeInBytes]);
                using var hash = SHA256.Create();
                using (var hashed = new CryptoStream(stream, hash, CryptoStreamMode.Write, leaveOpen: true))
                using (var buffered = new BufferedStream(hashed, 1 << 20))
                using (var writer = new BinaryWriter(buffered))
                    WriteFile(writer, file);
                stream.Position = place;
                stream.Write(hash.Hash);
            });
            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return error.Message;
        }
    }

    private static void WriteFile(BinaryWriter writer, AnnotationFile file)
    {
        writer.Write(file.Images.Count);
        foreach (var (index, image) in file.Images)
        {
            writer.Write(index);
            writer.Write(image.Id);
            writer.Write(image.FileName);
            writer.Write(image.Width);
            writer.Write(image.Height);
        }
        writer.Write(file.Categories.Count);
        foreach (var (index, id, name, group) in file.Categories)
        {
            writer.Write(index);
            writer.Write(id);
            writer.Write(name);
            writer.Write(group is not null);
            writer.Write(group ?? "");
        }
        writer.Write(file.Annotations.Count);
        foreach (var (index, id, image, category, box, area, isCrowd, segmentation) in file.Annotations)
        {
            writer.Write(index);
            writer.Write(id);
            writer.Write(image);
            writer.Write(category);
            writer.Write(box.X);
            writer.Write(box.Y);
            writer.Write(box.Width);
            writer.Write(box.Height);
            writer.Write(area);
            writer.Write(isCrowd);
            WriteSegmentation(writer, segmentation);
        }
        writer.Write(file.Unreadable.Count);
        foreach (var (list, index, id, problem) in file.Unreadable)
        {
            writer.Write(list);
            writer.Write(index);
            writer.Write(id is not null);
            writer.Write(id ?? 0);
            writer.Write(problem);
        }
    }

    /// <summary>The number of polygons before them; without any, a mask's height or 0 where there is nothing.</summary>
    private static void WriteSegmentation(BinaryWriter writer, CocoSegmentation? segmentation)
    {
        var polygons = segmentation?.Polygons ?? [];
        writer.Write(polygons.Count);
        foreach (var polygon in polygons)
            WriteArray(writer, polygon.AsSpan());
        if (polygons.Count > 0)
            return;
        writer.Write(segmentation?.Mask?.Height ?? 0);
        if (segmentation?.Mask is not { } mask)
            return;
        writer.Write(mask.Width);
        WriteArray(writer, mask.Counts);
    }

    private static void WriteArray<T>(BinaryWriter writer, ReadOnlySpan<T> values)
        where T : unmanaged
    {
        writer.Write(values.Length);
        writer.Write(MemoryMarshal.AsBytes(values));
    }

    private static AnnotationFile ReadFile(BinaryReader reader)
    {
        var file = new AnnotationFile();
        for (var left = Reserve(reader, file.Images); left > 0; left--)
            file.Images.Add(new(reader.ReadInt32(), new(reader.ReadInt64(), reader.ReadString(), reader.ReadInt32(), reader.ReadInt32())));
        for (var left = Reserve(reader, file.Categories); left > 0; left--)
        {
            var (index, id, name) = (reader.ReadInt32(), reader.ReadInt64(), reader.ReadString());
            var (hasGroup, group) = (reader.ReadBoolean(), reader.ReadString());
            file.Categories.Add(new(index, id, name, hasGroup ? group : null));
        }
        for (var left = Reserve(reader, file.Annotations); left > 0; left--)
        {
            file.Annotations.Add(new(
                reader.ReadInt32(), reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64(),
                new(reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble()),
                reader.ReadDouble(), reader.ReadBoolean(), ReadSegmentation(reader)));
        }
        for (var left = Reserve(reader, file.Unreadable); left > 0; left--)
        {
            var (list, index) = (reader.ReadString(), reader.ReadInt32());
            var (hasId, id) = (reader.ReadBoolean(), reader.ReadInt64());
            file.Unreadable.Add(new(list, index, hasId ? id : null, reader.ReadString()));
        }
        return file;
    }

    private static int Reserve<T>(BinaryReader reader, List<T> list)
    {
        var count = reader.ReadInt32();
        list.EnsureCapacity(count);
        return count;
    }

    private static CocoSegmentation? ReadSegmentation(BinaryReader reader)
    {
        var polygons = new double[reader.ReadInt32()][];
        for (var i = 0; i < polygons.Length; i++)
            polygons[i] = ReadArray<double>(reader);
        if (polygons.Length > 0)
            return new(polygons);
        return reader.ReadInt32() is > 0 and var height
            ? new(CocoMask.FromCounts(height, reader.ReadInt32(), ReadArray<int>(reader))) : null;
    }

    private static T[] ReadArray<T>(BinaryReader reader)
        where T : unmanaged
    {
        var values = new T[reader.ReadInt32()];
        reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }
}
