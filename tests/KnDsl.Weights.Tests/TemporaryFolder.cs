using System;
using System.IO;
using System.Text;

namespace KnDsl.Weights.Tests;

/// <summary>A folder for one test, gone after it.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    internal string Path { get; } = Directory.CreateTempSubdirectory("kndsl-weights-").FullName;

    /// <summary>A file of the committed ones.</summary>
    internal static string Data(string name) => System.IO.Path.Combine(AppContext.BaseDirectory, "Data", name);

    /// <summary>Writes a safetensors file of that header and data.</summary>
    internal string File(string header, int dataLength = 0) =>
        File(Encoding.UTF8.GetBytes(header), new byte[dataLength]);

    internal string File(byte[] header, byte[] data) =>
        Raw([.. BitConverter.GetBytes((ulong)header.Length), .. header, .. data]);

    internal string Raw(byte[] content)
    {
        var path = Named("file.safetensors");
        System.IO.File.WriteAllBytes(path, content);
        return path;
    }

    internal string Named(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
