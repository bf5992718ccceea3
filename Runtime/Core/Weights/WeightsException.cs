using System;

namespace KnDsl;

/// <summary>
/// A file of weights that cannot be read, written, or given to a network. The message says which file and which
/// tensor, what was found and what was expected. Nothing of the file has been read into the network or kept open.
/// </summary>
public sealed class WeightsException : Exception
{
    /// <summary>Says what is wrong with a file, or with one tensor in it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="problem">What was found, and what was expected.</param>
    /// <param name="tensor">The name of the tensor at fault, if it is one.</param>
    /// <param name="cause">The exception that this one explains.</param>
    public WeightsException(string path, string problem, string? tensor = null, Exception? cause = null)
        : base(tensor is null ? $"{path}: {problem}" : $"{path}: tensor '{tensor}': {problem}", cause)
    {
        Path = path;
        Tensor = tensor;
    }

    internal WeightsException(string path, WeightsReport report)
        : this(path, report.ToString()) => Report = report;

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The name of the tensor at fault; null where it is the file as a whole.</summary>
    public string? Tensor { get; }

    /// <summary>All names that did not fit, where a network refused the file; null otherwise.</summary>
    public WeightsReport? Report { get; }
}
