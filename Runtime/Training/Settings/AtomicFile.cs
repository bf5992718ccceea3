using System;
using System.IO;
using System.Text;

namespace KnDsl.Training;

/// <summary>Writes files so that at any instant there is the old one or the new one, whole.</summary>
internal static class AtomicFile
{
    /// <summary>Writes a text in UTF-8.</summary>
    /// <exception cref="RunFileException">The file cannot be written.</exception>
    public static void Write(string path, string text) => Write(path, Encoding.UTF8.GetBytes(text));

    /// <summary>Writes bytes.</summary>
    /// <exception cref="RunFileException">The file cannot be written.</exception>
    public static void Write(string path, byte[] bytes) => RunFileException.Wrap(path, () =>
    {
        // In the same folder, since a file is not moved from disk to disk in one instant.
        var partial = $"{path}.{Environment.ProcessId}.part";
        try
        {
            using (var stream = new FileStream(partial, FileMode.Create))
            {
                stream.Write(bytes);
                stream.Flush(flushToDisk: true);
            }
            File.Move(partial, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            File.Delete(partial);
            throw;
        }
    });
}
