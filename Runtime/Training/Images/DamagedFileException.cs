using System;

namespace KnDsl.Training;

/// <summary>
/// A file of a data set, or an entry of an archive, that cannot be used: it is missing, cut off, too large, or not what its name says.
/// The message names it and says what was found. A loader can skip such items.
/// </summary>
public sealed class DamagedFileException : Exception, IReportedProblem
{
    /// <summary>Says what is wrong with a file or with an entry of an archive.</summary>
    /// <param name="path">The file.</param>
    /// <param name="problem">What was found and, where that helps, what was expected.</param>
    /// <param name="entry">The entry, where the file is an archive.</param>
    /// <param name="cause">The exception that this one explains.</param>
    public DamagedFileException(string path, string problem, string? entry = null, Exception? cause = null)
        : base(entry is null ? $"{path}: {problem}" : $"{path}: entry '{entry}': {problem}", cause)
    {
        Path = path;
        Entry = entry;
        Problem = problem;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The entry of the archive; null where the file itself is the item.</summary>
    public string? Entry { get; }

    /// <summary>What is wrong, without the name of the file.</summary>
    public string Problem { get; }
}
