using System;
using KnDsl.Training;

namespace KnDsl.Vision;

/// <summary>
/// A file of annotations or results that cannot be used, or an entry of one, read or to be written. The message names the file and the
/// entry and says what was found.
/// </summary>
public sealed class CocoException : Exception, IReportedProblem
{
    /// <summary>Says what is wrong with a file or with an entry of it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="problem">What was found and, where that helps, what was expected.</param>
    /// <param name="entry">The entry, such as <c>annotations[12] (id 34)</c>; null where it is the file as a whole.</param>
    /// <param name="cause">The exception that this one explains.</param>
    public CocoException(string path, string problem, string? entry = null, Exception? cause = null)
        : base(entry is null ? $"{path}: {problem}" : $"{path}: {entry}: {problem}", cause) =>
        (Path, Entry, Problem) = (path, entry, problem);

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The entry; null where the file as a whole cannot be used.</summary>
    public string? Entry { get; }

    /// <summary>What is wrong, without the names of file and entry.</summary>
    public string Problem { get; }
}
