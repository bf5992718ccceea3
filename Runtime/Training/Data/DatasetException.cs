using System;

namespace KnDsl.Training;

/// <summary>
/// A folder or archive that is no data set: it is missing, lacks a split, or has an empty class. The message names it and says what was
/// found.
/// </summary>
public sealed class DatasetException : Exception, IReportedProblem
{
    /// <summary>Says what is wrong with a folder or archive.</summary>
    /// <param name="path">The folder or archive.</param>
    /// <param name="problem">What was found and, where that helps, what was expected.</param>
    /// <param name="cause">The exception that this one explains.</param>
    public DatasetException(string path, string problem, Exception? cause = null) : base($"{path}: {problem}", cause) => Path = path;

    /// <summary>The folder or archive.</summary>
    public string Path { get; }
}
