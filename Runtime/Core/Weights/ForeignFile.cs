using System;
using System.IO;
using System.Linq;
using System.Text;

namespace KnDsl;

/// <summary>
/// Tells what a file is that is no safetensors file, by its first bytes, and what to do with it. It is asked only once the header has
/// been refused: the length that a safetensors file begins with may look like anything.
/// </summary>
internal static class ForeignFile
{
    private const int BytesToRead = 512;

    private const int TarMark = 257;

    private static readonly (string Start, string Description)[] Starts =
    [
        ("\u0089HDF\r\n", "an HDF5 file, as Keras writes: convert it to safetensors"),
        ("\u0093NUMPY", "a NumPy array: convert it to safetensors"),
        ("GGUF", "a GGUF file: convert it to safetensors"),
        ("\u001f\u008b", "compressed by gzip: unpack it first"),
        ("version https://git-lfs", "a pointer of Git LFS, which says where the file is: 'git lfs pull' brings the file itself"),
        ("<", "a page of HTML or XML, such as a server sends where it does not send the file: download it again, and look at the page"),
        ("{", "JSON, such as the index of a checkpoint in several files: load the .safetensors files that it names"),
        ("[", "JSON: give the .safetensors file itself"),
    ];

    /// <summary>What the file is, and what to do; null where nothing tells it.</summary>
    public static string? Describe(string path, FileStream stream)
    {
        if (stream.Length == 0)
            return "is empty, expected a safetensors file: it was not written, or not downloaded, to its end";
        var bytes = new byte[(int)Math.Min(BytesToRead, stream.Length)];
        stream.Position = 0;
        stream.ReadExactly(bytes);
        if (IsSafetensors(bytes))
            return null;
        var start = Encoding.Latin1.GetString(bytes);
        return IsOfPyTorch(start) ? "is a file of torch.save, expected a safetensors file. " + ConversionOf(path)
            : start.StartsWith("PK", StringComparison.Ordinal) ? "is a zip archive, expected a safetensors file: unpack it first"
            : DescribeText(start) ?? (IsOfTorchSharp(bytes)
                ? "is a file of TorchSharp's save, expected a safetensors file: module.load(path) reads it, and save_weights writes one"
                : null);
    }

    /// <summary>A file that was cut off: the length of its header has a sensible size, and the header begins.</summary>
    private static bool IsSafetensors(byte[] bytes) => bytes is [_, _, _, _, 0, 0, 0, 0, (byte)'{', ..];

    private static string? DescribeText(string start)
    {
        // White space and the mark of UTF-8 may come before a text.
        var text = start.TrimStart('\u00ef', '\u00bb', '\u00bf', ' ', '\r', '\n', '\t');
        return Starts.FirstOrDefault(known => text.StartsWith(known.Start, StringComparison.Ordinal)).Description is { } description
            ? $"is {description}" : null;
    }

    /// <summary>An archive whose first entry is a pickle, a pickle alone as before version 1.6, or a tar as before 0.1.10.</summary>
    private static bool IsOfPyTorch(string start) =>
        start.StartsWith("PK\u0003\u0004", StringComparison.Ordinal) && start.Contains("data.pkl", StringComparison.Ordinal)
        || start is ['\u0080', >= '\u0001' and <= '\u0005', ..]
        || start.AsSpan(Math.Min(start.Length, TarMark)).StartsWith("ustar", StringComparison.Ordinal);

    /// <summary>The number of tensors, then the length of a name and the name, both numbers in groups of 7 bits.</summary>
    private static bool IsOfTorchSharp(byte[] bytes)
    {
        try
        {
            using var reader = new BinaryReader(new MemoryStream(bytes), Encoding.UTF8);
            return reader.Read7BitEncodedInt() > 0
                && reader.ReadString() is { Length: > 0 } name && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-');
        }
        catch (Exception error) when (error is IOException or FormatException)
        {
            return false;
        }
    }

    /// <summary>The lines that convert a file; unpickling any but tensors may run code, which <c>weights_only</c> refuses.</summary>
    private static string ConversionOf(string path)
    {
        var name = Path.GetFileName(path);
        return $"""
            Convert it in Python:
                import torch; from safetensors.torch import save_file
                save_file(torch.load("{name}", map_location="cpu", weights_only=True), "{Path.ChangeExtension(name, ".safetensors")}")
              Where the file holds more than a state_dict, take that of it: torch.load(...)["state_dict"].
            """.ReplaceLineEndings("\n");
    }
}
