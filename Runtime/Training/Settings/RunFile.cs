using System.Text;

namespace KnDsl.Training;

/// <summary>Writes files so that at any instant there is the old one or the new one, whole.</summary>
internal static class RunFile
{
    /// <summary>Writes a text in UTF-8.</summary>
    /// <exception cref="RunFileException">The file cannot be written.</exception>
    public static void Write(string path, string text) => Write(path, Encoding.UTF8.GetBytes(text));

    /// <summary>Writes bytes.</summary>
    /// <exception cref="RunFileException">The file cannot be written.</exception>
    public static void Write(string path, byte[] bytes) =>
        RunFileException.Wrap(path, () => AtomicFile.Write(path, stream => stream.Write(bytes)));
}
