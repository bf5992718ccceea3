using System;
using System.Buffers.Binary;
using System.IO;
using System.IO.Compression;
using System.Linq;

namespace KnDsl.Samples.FashionMnist.Data;

/// <summary>A gzip-compressed IDX file of bytes, the format of MNIST and its successors.</summary>
/// <remarks>
/// Two zero bytes, the element type (8 for bytes), the number of dimensions, each dimension as a 32-bit big-endian
/// number, and the elements, the last dimension fastest.
/// </remarks>
internal sealed class IdxFile
{
    /// <summary>No sensible file of this format has more elements; a damaged header must not use up the memory of the machine.</summary>
    private const long MaxElements = 1L << 30;

    private const byte ByteElements = 8;

    private IdxFile(string path, int[] shape, byte[] elements)
    {
        Path = path;
        Shape = shape;
        Elements = elements;
    }

    /// <summary>The file that was read.</summary>
    public string Path { get; }

    /// <summary>The size of each dimension.</summary>
    public int[] Shape { get; }

    /// <summary>All elements, the last dimension fastest.</summary>
    public byte[] Elements { get; }

    /// <summary>Reads a whole file.</summary>
    /// <param name="path">The compressed file.</param>
    /// <param name="dimensions">How many dimensions it must have.</param>
    /// <exception cref="DataException">The file is missing, cannot be read, or is not such a file.</exception>
    public static IdxFile Read(string path, int dimensions)
    {
        try
        {
            using var file = File.OpenRead(path);
            var declared = RequireGzip(path, file);
            using var content = new GZipStream(file, CompressionMode.Decompress);
            var idx = Read(path, dimensions, content);
            // The decompressor does not notice that a trailer is cut off.
            if (declared != 4 + 4 * dimensions + idx.Elements.Length)
                throw new DataException(path, "its gzip data does not end with the length of its content: it is truncated");
            return idx;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new DataException(path, "the file does not exist");
        }
        catch (InvalidDataException e)
        {
            throw new DataException(path, $"its gzip data is damaged ({e.Message.TrimEnd('.')})");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataException(path, $"it cannot be read ({e.Message.TrimEnd('.')})");
        }
    }

    /// <summary>Returns the length of the content, which the last four bytes of the file declare.</summary>
    private static uint RequireGzip(string path, FileStream file)
    {
        Span<byte> four = stackalloc byte[4];
        var read = file.ReadAtLeast(four, 4, throwOnEndOfStream: false);
        if (read == 0)
            throw new DataException(path, "the file is empty");
        if (read < 2 || four[0] != 0x1f || four[1] != 0x8b)
            throw new DataException(path, "it is not a gzip file: it does not begin with the bytes 1f 8b");
        if (read < 4)
            throw new DataException(path, $"it is truncated: it ends after {read} bytes");
        file.Position = file.Length - 4;
        file.ReadExactly(four);
        file.Position = 0;
        return BinaryPrimitives.ReadUInt32LittleEndian(four);
    }

    private static IdxFile Read(string path, int dimensions, Stream content)
    {
        var header = new byte[4 + 4 * dimensions];
        var read = content.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
        if (read < 4)
            throw Truncated(path, "its header", header.Length, read);
        if (header[0] != 0 || header[1] != 0)
        {
            throw new DataException(path, $"it is not an IDX file: its magic number is {Convert.ToHexStringLower(header, 0, 4)}, "
                + $"expected 000008{dimensions:x2}");
        }

        if (header[2] != ByteElements)
            throw new DataException(path, $"its elements are of type {header[2]:x2}, expected 08 (bytes)");
        if (header[3] != dimensions)
            throw new DataException(path, $"it has {header[3]} dimensions, expected {dimensions}");
        if (read < header.Length)
            throw Truncated(path, "its header", header.Length, read);

        uint[] sizes = [.. Enumerable.Range(1, dimensions).Select(i => BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(4 * i)))];
        long total = 1;
        foreach (var size in sizes)
        {
            // Checked one by one, since a product of four-byte numbers may overflow.
            if (size > MaxElements || (total *= size) > MaxElements)
                throw new DataException(path, $"its header declares {string.Join(" x ", sizes)} elements, which no such file has");
        }

        var elements = new byte[total];
        read = content.ReadAtLeast(elements, elements.Length, throwOnEndOfStream: false);
        if (read < elements.Length)
            throw Truncated(path, $"its data ({string.Join(" x ", sizes)})", elements.Length, read);
        // Reading to the end also verifies the checksum.
        if (content.ReadByte() >= 0)
            throw new DataException(path, $"it continues after the {total} bytes of data that its header declares");
        return new IdxFile(path, [.. sizes.Select(size => (int)size)], elements);
    }

    private static DataException Truncated(string path, string what, long expected, long found)
        => new(path, $"it is truncated: {what} should have {expected} bytes, found {found}");
}
