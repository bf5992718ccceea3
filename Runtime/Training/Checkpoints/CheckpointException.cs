using System;

namespace KnDsl.Training;

/// <summary>A checkpoint cannot be read or written; the message says where, why, and what would help.</summary>
/// <param name="path">The file or folder.</param>
/// <param name="problem">The problem, without the path.</param>
/// <param name="cause">What lies beneath it.</param>
public sealed class CheckpointException(string path, string problem, Exception? cause = null)
    : Exception($"{path}: {problem}", cause), IReportedProblem
{
    /// <summary>The file or folder.</summary>
    public string Path { get; } = path;
}
