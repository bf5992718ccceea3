using System;
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
}
