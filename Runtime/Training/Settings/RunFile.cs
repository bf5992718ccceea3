using System.Text;

namespace KnDsl.Training;

/// <summary>Writes files so that at any instant there is the old one or the new one, whole.</summary>
public static class RunFile
{
    /// <summary>Writes a text in UTF-8.</summary>
    /// <param name="path">The file, in a folder that is there.</param>
    /// <param name="text">The text.</param>
    /// <exception cref="RunFileException">The file cannot be written.</exception>
    public static void Write(string path, string text) => Write(path, Encoding.UTF8.GetBytes(text));

    /// <summary>Writes bytes.</summary>
    /// <param name="path">The file, in a folder that is there.</param>
    /// <param name="bytes">The bytes.</param>
    /// <exception cref="RunFileException">The file cannot be written.</exception>
    public static void Write(string path, byte[] bytes) =>
        RunFileException.Wrap(path, () => AtomicFile.Write(path, stream => stream.Write(bytes)));
}
