using System;
using System.Collections.Generic;

namespace KnDsl.Training;

/// <summary>
/// Settings that cannot be used. The message has a line for each problem: where it is, what was found, what would be right.
/// </summary>
/// <param name="problems">At least one.</param>
public sealed class SettingsException(params IReadOnlyList<string> problems)
    : Exception(string.Join(Environment.NewLine, problems)), IReportedProblem
{
    /// <summary>One text for each problem.</summary>
    public IReadOnlyList<string> Problems { get; } = problems;
}
