using System;
using System.IO;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>Libraries that the process has loaded, on Linux: from where, which is not always where the runtime would look.</summary>
internal static class LoadedLibrary
{
    /// <summary>The file of libtorch that has the processor's functions.</summary>
    public const string Torch = "libtorch_cpu.so";

    /// <summary>The path of libtorch, which TorchSharp loads if it has not yet; null on another system.</summary>
    public static string? PathOfTorch()
    {
        if (!OperatingSystem.IsLinux())
            return null;
        get_num_threads();
        return PathOf(Torch);
    }

    /// <summary>The path of a library, or null if the process has not loaded it.</summary>
    /// <param name="fileName">The name of its file, or how that begins: <c>libcudart.so</c> is also <c>libcudart.so.12</c>.</param>
    public static string? PathOf(string fileName)
    {
        foreach (var line in File.ReadLines("/proc/self/maps"))
        {
            if (line.IndexOf('/', StringComparison.Ordinal) is >= 0 and var start
                && Path.GetFileName(line[start..]).StartsWith(fileName, StringComparison.Ordinal))
            {
                return line[start..];
            }
        }

        return null;
    }
}
