using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using KnDsl.Training;

namespace KnDsl.Samples.Study.Trials;

/// <summary>
/// The finished trials of a study, in a CSV file that grows by one line per trial, so that an interrupted study can be
/// continued. Its first line holds the settings of the trials; trials made with other settings must not mix with them.
/// </summary>
internal sealed class TrialLog
{
    private readonly string path;
    private readonly Dictionary<Trial, TrialResult> results = [];
    private readonly object gate = new();

    /// <summary>Opens the log, or begins one.</summary>
    /// <param name="path">The file.</param>
    /// <param name="settings">The settings of the trials, in one line.</param>
    /// <exception cref="StudyException">The file was made with other settings, or is not such a log.</exception>
    public TrialLog(string path, string settings)
    {
        this.path = path;
        var head = $"# {settings}";
        if (!File.Exists(path))
        {
            File.WriteAllLines(path, [head, TrialResult.Columns]);
            return;
        }

        var text = File.ReadAllText(path);
        var lines = text.Split('\n', StringSplitOptions.TrimEntries);
        if (lines.Length < 2 || lines[1] != TrialResult.Columns)
            throw new StudyException($"{path} is not the log of a study.");
        if (lines[0] != head)
        {
            throw new StudyException(string.Join(
                Environment.NewLine,
                $"{path} was made with other settings.",
                $"  there: {lines[0][1..].Trim()}",
                $"  now:   {settings}",
                "Name another folder with --output, or use the same settings."));
        }

        // After the last line end there may be a line that was cut off: its trial is run again.
        var whole = text.LastIndexOf('\n') + 1;
        if (whole < text.Length)
            File.WriteAllText(path, text[..whole]);
        foreach (var (line, number) in lines[..^1].Select((line, at) => (line, at + 1)).Skip(2))
        {
            var result = TrialResult.Read(line)
                ?? throw new StudyException($"{path}, line {number}: '{line}' is not a trial, expected {TrialResult.Columns}.");
            results[result.Trial] = result;
        }
    }

    /// <summary>The result of a trial, or null if it was not run yet.</summary>
    public TrialResult? Find(Trial trial)
    {
        lock (gate)
            return results.GetValueOrDefault(trial);
    }

    /// <summary>Adds a result to the file.</summary>
    public void Add(TrialResult result)
    {
        lock (gate)
        {
            File.AppendAllText(path, result.ToLine() + "\n");
            results[result.Trial] = result;
        }
    }
}

/// <summary>A study cannot continue; the message says why and what would help.</summary>
internal sealed class StudyException(string message) : Exception(message), IReportedProblem;
