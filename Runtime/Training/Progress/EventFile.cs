using System;
using System.Buffers.Binary;
using System.IO;
using System.Linq;

namespace KnDsl.Training;

/// <summary>Cuts TensorBoard's files of events, which TorchSharp only writes.</summary>
/// <remarks>
/// Such a file is a series of records: length (8 bytes), its checksum (4), an event, its checksum (4). An event is a protocol buffer whose
/// field 2 is the step.
/// </remarks>
internal static class EventFile
{
    private const int Head = 12, Foot = 4;

    /// <summary>Drops from all files of a folder the events after a step, and a last one that was cut off.</summary>
    public static void DropAfter(string folder, long last)
    {
        foreach (var path in Directory.GetFiles(folder, "events.out.tfevents.*"))
        {
            RunFileException.Wrap(path, () =>
            {
                using var stream = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
                var end = EndOf(stream, last);
                if (end < stream.Length)
                    stream.SetLength(end);
            });
        }
    }

    /// <summary>Drops what a full disk took of an event: TensorBoard reads no further than to half of one.</summary>
    public static void CutTo(string path, long end)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Write);
            if (stream.Length > end)
                stream.SetLength(end);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Why nothing more can be written is said already.
        }
    }

    /// <summary>The newest file of a folder.</summary>
    public static string Newest(string folder) =>
        // The names begin with the time.
        Directory.GetFiles(folder, "events.out.tfevents.*").Order(StringComparer.Ordinal).Last();

    private static long EndOf(FileStream stream, long last)
    {
        var head = new byte[Head];
        long end = 0;
        while (stream.ReadAtLeast(head, Head, throwOnEndOfStream: false) == Head)
        {
            var length = BinaryPrimitives.ReadInt64LittleEndian(head);
            if (length < 0 || length > stream.Length - end - Head - Foot)
                break;
            var record = new byte[length + Foot];
            stream.ReadExactly(record);
            if (StepOf(record.AsSpan(0, (int)length)) > last)
                break;
            end += Head + length + Foot;
        }
        return end;
    }

    /// <summary>The step of an event; 0 where it has none.</summary>
    private static long StepOf(ReadOnlySpan<byte> record)
    {
        const int varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5, stepField = 2;
        while (record.Length > 0)
        {
            var tag = Varint(ref record);
            var value = (tag & 7) == varint ? Varint(ref record) : 0;
            if (tag >> 3 == stepField)
                return value;
            var skipped = (tag & 7) switch { fixed64 => 8, fixed32 => 4, bytes => Varint(ref record), _ => 0 };
            record = record[(int)Math.Clamp(skipped, 0, record.Length)..];
        }
        return 0;
    }

    private static long Varint(ref ReadOnlySpan<byte> record)
    {
        long value = 0;
        for (var shift = 0; record.Length > 0 && shift < 64; shift += 7)
        {
            var part = record[0];
            record = record[1..];
            value |= (long)(part & 0x7f) << shift;
            if (part < 0x80)
                break;
        }
        return value;
    }
}
