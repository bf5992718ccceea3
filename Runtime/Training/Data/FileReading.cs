using System;
using System.Buffers;
using System.IO;
using Microsoft.Win32.SafeHandles;

namespace KnDsl.Training;

/// <summary>Reads parts of files, on any number of threads.</summary>
internal static class FileReading
{
    /// <summary>Fills a buffer from a place in a file.</summary>
    /// <exception cref="EndOfStreamException">The file ends before the buffer is full.</exception>
    public static void ReadExactly(SafeFileHandle file, Span<byte> buffer, long offset)
    {
        while (!buffer.IsEmpty)
        {
            var read = RandomAccess.Read(file, buffer, offset);
            if (read == 0)
                throw new EndOfStreamException($"the file ends {buffer.Length} bytes too early");
            buffer = buffer[read..];
            offset += read;
        }
    }

    /// <summary>Reads a file into an array of the shared pool, unless it is larger than the limits.</summary>
    /// <exception cref="DamagedFileException">It is missing, cannot be read, or is too large.</exception>
    public static byte[] ReadRented(string path, ImageLimits limits, out int length)
    {
        byte[]? buffer = null;
        try
        {
            using var file = File.OpenHandle(path, options: FileOptions.SequentialScan);
            var size = RandomAccess.GetLength(file);
            if (limits.Refuse(size) is { } problem)
                throw new DamagedFileException(path, problem);
            buffer = ArrayPool<byte>.Shared.Rent((int)size);
            length = (int)size;
            ReadExactly(file, buffer.AsSpan(0, length), 0);
            return buffer;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            if (buffer is not null)
                ArrayPool<byte>.Shared.Return(buffer);
            var isMissing = error is FileNotFoundException or DirectoryNotFoundException;
            throw new DamagedFileException(path, isMissing ? "is missing" : $"cannot be read: {error.Message}", cause: error);
        }
    }
}
