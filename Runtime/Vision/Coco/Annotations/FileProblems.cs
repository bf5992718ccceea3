using System;
using System.IO;

namespace KnDsl.Vision;

/// <summary>What is wrong with a file that cannot be read at all.</summary>
internal static class FileProblems
{
    /// <summary>What the system said, in words.</summary>
    public static string Describe(Exception error) =>
        error is FileNotFoundException or DirectoryNotFoundException ? "there is no such file" : $"cannot be read: {error.Message}";
}
