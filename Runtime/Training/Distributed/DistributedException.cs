using System;

namespace KnDsl.Training;

/// <summary>Processes that train together could not find each other, or lost each other.</summary>
public sealed class DistributedException : Exception, IReportedProblem
{
    /// <summary>An error between processes.</summary>
    /// <param name="message">What happened, where, and what would be right.</param>
    /// <param name="cause">What it comes from, if anything.</param>
    public DistributedException(string message, Exception? cause = null)
        : base(message, cause)
    {
    }
}
