using System;
using System.IO;
using KnDsl.Training;

namespace KnDsl.Vision;

/// <summary>What is wrong with a file or a folder that cannot be read at all.</summary>
internal static class FileProblems
{
    /// <summary>What the system said of a json, in words.</summary>
    public static string Describe(string path, Exception error) =>
        error is FileNotFoundException or DirectoryNotFoundException ? "there is no such file"
        : Directory.Exists(path) ? "is a folder, expected a json"
        : $"cannot be read: {error.Message}";

    /// <summary>Demands a folder of images.</summary>
    /// <exception cref="DatasetException">It is not there.</exception>
    public static void RequireFolder(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new DatasetException(
                folder, File.Exists(folder) ? "is a file, expected the folder of the images" : "there is no such folder");
        }
    }
}
