using System;
using System.IO;
using System.Linq;
using KnDsl.Training;

namespace KnDsl.Samples.FashionMnist.Data;

/// <summary>A folder that is made, such as a data set: it is there when all of it is written.</summary>
internal static class WholeFolder
{
    /// <summary>Makes it.</summary>
    /// <param name="folder">The folder, which is empty or missing.</param>
    /// <param name="write">Writes into a folder of another name beside it, which is renamed then.</param>
    /// <exception cref="RunFileException">There is something in the folder, or it cannot be written.</exception>
    public static void Make(string folder, Action<string> write)
    {
        var unfinished = $"{folder}.unfinished";
        try
        {
            if (File.Exists(folder) || Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
                throw new RunFileException(folder, "there is something already, and nothing is written over it. Name another folder.");
            // A process that was killed may have left some files, perhaps of other settings.
            Remove(unfinished);
            try
            {
                write(Directory.CreateDirectory(unfinished).FullName);
                if (Directory.Exists(folder))
                    Directory.Delete(folder);
                Directory.Move(unfinished, folder);
            }
            finally
            {
                Remove(unfinished);
            }
        }
        catch (Exception e) when (Refused(e) is { } cause)
        {
            throw cause as RunFileException ?? new RunFileException(folder, $"cannot be written: {cause.Message}", cause);
        }
    }

    /// <summary>What the system refused, in one thread or in several; null for any other exception.</summary>
    private static Exception? Refused(Exception e) => e switch
    {
        AggregateException several => Refused(several.InnerExceptions[0]),
        IOException or UnauthorizedAccessException => e,
        _ => null,
    };

    private static void Remove(string folder)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }
}
