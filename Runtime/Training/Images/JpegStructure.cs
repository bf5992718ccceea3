using System;
using System.Buffers.Binary;

namespace KnDsl.Training;

/// <summary>
/// Walks the segments of a JPEG file to its end marker, before a decoder sees it: decoders make up the part of an image that is missing.
/// </summary>
internal static class JpegStructure
{
    /// <summary>libjpeg's own bound; each scan costs a pass over the image, and a small file can have very many.</summary>
    private const int MaxScans = 500;

    private const byte QuantizationTables = 0xDB;

    private const byte StartOfScan = 0xDA;

    private const byte EndOfImage = 0xD9;

    /// <summary>The size of the image.</summary>
    /// <exception cref="DamagedFileException">The file is cut off, or its segments do not follow each other.</exception>
    public static ImageHeader Read(ImageFile file)
    {
        var bytes = file.Bytes;
        ImageHeader? header = null;
        var (scans, tables, needed) = (0, 0, 0);
        for (var place = 2; ;)
        {
            var marker = NextMarker(file, ref place);
            if (marker == EndOfImage)
            {
                // ImageSharp takes a table that is missing for one of zeros, which makes everything grey.
                return scans == 0 || header is not { } found
                    ? throw file.Damaged("is damaged: the JPEG image has an end, but no pixels before it")
                    : (needed & ~tables) != 0 ? throw file.Damaged("is damaged: the JPEG image lacks a quantization table")
                    : found;
            }
            // Markers without a segment: padding, restarts, a second start.
            if (marker is 0x01 or (>= 0xD0 and <= 0xD8))
                continue;
            if (place + 2 > bytes.Length)
                throw file.CutOff("the end of the JPEG image");
            var length = BinaryPrimitives.ReadUInt16BigEndian(bytes[place..]);
            if (length < 2)
                throw file.Damaged("is damaged: a segment of the JPEG image has no length");
            if (place + length > bytes.Length)
                throw file.CutOff("the end of the JPEG image");
            var segment = bytes.Slice(place + 2, length - 2);
            place += length;
            if (marker == StartOfScan && ++scans > MaxScans)
                throw file.Damaged($"has more than {MaxScans} scans; no honest JPEG image has so many");
            if (marker == QuantizationTables)
                tables |= TablesIn(segment);
            if (IsFrame(marker))
                (header, needed) = ReadFrame(file, segment);
        }
    }

    /// <summary>The start of a frame, of any of its kinds; three numbers among them mean something else.</summary>
    private static bool IsFrame(byte marker) => marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC);

    /// <summary>The size of the image, and the tables that its components need, as bits.</summary>
    private static (ImageHeader Header, int Tables) ReadFrame(ImageFile file, ReadOnlySpan<byte> segment)
    {
        if (segment.Length < 6 || segment.Length < 6 + 3 * segment[5])
            throw file.Damaged("is damaged: the header of the JPEG image is too short");
        var height = BinaryPrimitives.ReadUInt16BigEndian(segment[1..]);
        var width = BinaryPrimitives.ReadUInt16BigEndian(segment[3..]);
        if (width == 0 || height == 0)
            throw file.Damaged($"is damaged: the JPEG image says that it has {width} x {height} pixels");
        var tables = 0;
        for (var component = 0; component < segment[5]; component++)
            tables |= 1 << (segment[6 + 3 * component + 2] & 0x1F);
        return (new(ImageFormat.Jpeg, width, height), tables);
    }

    /// <summary>The numbers of the tables in a segment, as bits. Each has 64 values of one or two bytes.</summary>
    private static int TablesIn(ReadOnlySpan<byte> segment)
    {
        var tables = 0;
        for (var place = 0; place < segment.Length; place += segment[place] >> 4 == 0 ? 65 : 129)
            tables |= 1 << (segment[place] & 0xF);
        return tables;
    }

    /// <summary>Goes on past compressed data and bytes between segments to the next marker, and past it.</summary>
    private static byte NextMarker(ImageFile file, ref int place)
    {
        var bytes = file.Bytes;
        while (true)
        {
            var next = place < bytes.Length ? bytes[place..].IndexOf((byte)0xFF) : -1;
            if (next < 0 || place + next + 1 >= bytes.Length)
                throw file.CutOff("the end of the JPEG image");
            place += next + 1;
            // A zero after 0xFF makes it a value of the compressed data; another 0xFF is a filling.
            if (bytes[place] is not (0x00 or 0xFF))
                return bytes[place++];
        }
    }
}
