using System;
using System.IO;
using KnDsl.Training;

namespace KnDsl.Samples.Detection.Detectors;

/// <summary>Files of weights that a command was told to read.</summary>
internal static class WeightsFiles
{
    /// <summary>Reads one.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="read">Reads it.</param>
    /// <param name="describe">What is wrong with weights that do not fit.</param>
    /// <exception cref="RunFileException">The file is not there, is damaged, or does not fit.</exception>
    public static void Read(string path, Action read, Func<WeightsException, string> describe)
    {
        try
        {
            read();
        }
        catch (WeightsException e)
        {
            throw new RunFileException(path, describe(e), e);
        }
        catch (IOException e) when (e is not RunFileException)
        {
            var isMissing = e is FileNotFoundException or DirectoryNotFoundException;
            throw new RunFileException(path, isMissing ? "there is no such file." : $"cannot be read: {e.Message}", e);
        }
    }
}
