using System;
using System.IO;

namespace KnDsl.Training;

/// <summary>A file or folder of a run cannot be used. The message begins with its path, and says why and what would help.</summary>
/// <param name="path">The file or folder.</param>
/// <param name="problem">What is wrong.</param>
/// <param name="inner">What the system said.</param>
public sealed class RunFileException(string path, string problem, Exception? inner = null)
    : IOException($"{path}: {problem}", inner), IReportedProblem
{
    private const int NoSpace = 28, QuotaExceeded = 122, ReadOnly = 30;
    private const int WindowsDiskFull = unchecked((int)0x80070070);

    /// <summary>The file or folder.</summary>
    public string FilePath { get; } = path;

    /// <summary>Calls an action; what the system refuses becomes this exception.</summary>
    internal static void Wrap(string path, Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is (IOException and not RunFileException) or UnauthorizedAccessException)
        {
            throw Of(path, e);
        }
    }

    /// <summary>Makes a folder, if it does not exist.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="RunFileException">It cannot be made.</exception>
    public static void MakeFolder(string folder)
    {
        if (File.Exists(folder))
            throw new RunFileException(folder, "this is a file, expected a folder.");
        Wrap(folder, () => Directory.CreateDirectory(folder));
    }

    /// <summary>The exception for what the system said.</summary>
    internal static RunFileException Of(string path, Exception e) => new(path, Describe(e), e);

    /// <summary>What the system said, in words that say what would help.</summary>
    internal static string Describe(Exception e) => e switch
    {
        { HResult: NoSpace or WindowsDiskFull } => "the disk is full. Free some space, or name a folder on another disk.",
        { HResult: QuotaExceeded } => "the quota of this user is used up. Free some space, or name another folder.",
        { HResult: ReadOnly } => "this file system can only be read. Name another folder.",
        UnauthorizedAccessException => "this user may not write here. Name another folder, or change the permissions of this one.",
        DirectoryNotFoundException or FileNotFoundException => "the folder that it is in does not exist, or is no folder.",
        PathTooLongException => "the path is too long.",
        _ => e.Message,
    };
}
