using System;
using System.Buffers.Binary;

namespace KnDsl.Training;

/// <summary>Walks the chunks of a PNG file to its end chunk, before a decoder sees it.</summary>
internal static class PngStructure
{
    private const int SignatureLength = 8;

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
                if (!name.SequenceEqual("IHDR"u8) || length < 8)
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

    private static ImageHeader ReadHeader(ImageFile file, ReadOnlySpan<byte> header)
    {
        var width = BinaryPrimitives.ReadUInt32BigEndian(header);
        var height = BinaryPrimitives.ReadUInt32BigEndian(header[4..]);
        return width is > 0 and <= int.MaxValue && height is > 0 and <= int.MaxValue
            ? new(ImageFormat.Png, (int)width, (int)height)
            : throw file.Damaged($"is damaged: the PNG image says that it has {width} x {height} pixels");
    }
}
