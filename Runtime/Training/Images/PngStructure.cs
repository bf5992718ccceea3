using System;
using System.Buffers;
using System.Buffers.Binary;
using System.IO;
using System.IO.Compression;

namespace KnDsl.Training;

/// <summary>
/// Walks the chunks of a PNG file to its end chunk, and uncompresses its pixels to their end, before a decoder sees it: ImageSharp leaves
/// black what is missing.
/// </summary>
internal static class PngStructure
{
    private const int SignatureLength = 8;

    private const int HeaderLength = 13;

    /// <summary>Where the passes of an interlaced image begin, and their steps: x, y, across, down.</summary>
    private static readonly (int X, int Y, int Across, int Down)[] Passes =
        [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];

    /// <summary>Length, name and check sum of a chunk.</summary>
    private const int Frame = 12;

    /// <summary>The size of the image.</summary>
    /// <exception cref="DamagedFileException">The file is cut off, or its first chunk is not the header.</exception>
    public static ImageHeader Read(ImageFile file)
    {
        var bytes = file.Bytes;
        ImageHeader? header = null;
        for (var place = SignatureLength; ;)
        {
            if (place + Frame > bytes.Length)
                throw file.CutOff("the end of the PNG image");
            var length = BinaryPrimitives.ReadUInt32BigEndian(bytes[place..]);
            var name = bytes.Slice(place + 4, 4);
            if (length > (uint)(bytes.Length - place - Frame))
                throw file.CutOff("the end of the PNG image");
            if (header is null)
            {
                if (!name.SequenceEqual("IHDR"u8) || length != HeaderLength)
                    throw file.Damaged("is damaged: the PNG image does not begin with its header");
                header = ReadHeader(file, bytes[(place + 8)..]);
            }
            else if (name.SequenceEqual("IEND"u8))
            {
                return header.Value;
            }
            place += Frame + (int)length;
        }
    }

    /// <summary>Checks that the compressed pixels of a file, whose chunks and limits were checked, are all there.</summary>
    /// <exception cref="DamagedFileException">There are too few, or they do not fit their check sum.</exception>
    public static void CheckPixels(ImageFile file, ImageHeader header)
    {
        using var packed = new MemoryStream();
        for (var place = SignatureLength; place < file.Bytes.Length;)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(file.Bytes[place..]);
            var name = file.Bytes.Slice(place + 4, 4);
            if (name.SequenceEqual("IEND"u8))
                break;
            if (name.SequenceEqual("IDAT"u8))
                packed.Write(file.Bytes.Slice(place + 8, length));
            place += Frame + length;
        }

        packed.Position = 0;
        using var pixels = new ZLibStream(packed, CompressionMode.Decompress);
        var buffer = ArrayPool<byte>.Shared.Rent(1 << 16);
        try
        {
            var left = BytesOf(file, header);
            while (left > 0 && pixels.Read(buffer, 0, (int)Math.Min(left, buffer.Length)) is > 0 and var read)
                left -= read;
            if (left > 0)
                throw file.Damaged("is damaged: the compressed pixels of the PNG image end too early");
            // The check sum is looked at where the stream ends.
            _ = pixels.Read(buffer, 0, 1);
        }
        catch (InvalidDataException error)
        {
            throw file.Damaged($"is damaged: the compressed pixels of the PNG image: {error.Message}", error);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The bytes of all rows before they are compressed: each has one more than its pixels, for its filter.</summary>
    private static long BytesOf(ImageFile file, ImageHeader header)
    {
        var fields = file.Bytes.Slice(SignatureLength + 8, HeaderLength);
        var channels = fields[9] switch
        {
            2 => 3,
            4 => 2,
            6 => 4,
            _ => 1,
        };
        var bits = fields[8] * channels;
        if (fields[12] == 0)
            return header.Height * Row(header.Width);
        var bytes = 0L;
        foreach (var (x, y, across, down) in Passes)
        {
            var (width, height) = ((header.Width - x + across - 1) / across, (header.Height - y + down - 1) / down);
            bytes += width > 0 && height > 0 ? height * Row(width) : 0;
        }
        return bytes;

        long Row(int width) => 1 + ((long)width * bits + 7) / 8;
    }

    private static ImageHeader ReadHeader(ImageFile file, ReadOnlySpan<byte> header)
    {
        var width = BinaryPrimitives.ReadUInt32BigEndian(header);
        var height = BinaryPrimitives.ReadUInt32BigEndian(header[4..]);
        return width is > 0 and <= int.MaxValue && height is > 0 and <= int.MaxValue
            ? new(ImageFormat.Png, (int)width, (int)height)
            : throw file.Damaged($"is damaged: the PNG image says that it has {width} x {height} pixels");
    }
}
