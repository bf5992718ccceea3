using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace KnDsl.Samples.Study;

/// <summary>
/// The finished trials of a study, in a CSV file that grows by a line a trial, so that an interrupted study goes on where it
/// was. Its first line says how the trials were made; trials made otherwise do not mix with them.
/// </summary>
internal sealed class TrialLog
{
    private readonly string path;
    private readonly Dictionary<Trial, TrialResult> results = [];
    private readonly object gate = new();

    /// <summary>Opens the log of a folder, or begins one.</summary>
    /// <param name="path">The file.</param>
    /// <param name="settings">How trials are made, in one line.</param>
    /// <exception cref="StudyException">The file was made with other settings, or is no such log.</exception>
    public TrialLog(string path, string settings)
    {
        this.path = path;
        string head = $"# {settings}";
        if (!File.Exists(path))
        {
            File.WriteAllLines(path, [head, TrialResult.Columns]);
            return;
        }

        string text = File.ReadAllText(path);
        string[] lines = text.Split('\n', StringSplitOptions.TrimEntries);
        if (lines.Length < 2 || lines[1] != TrialResult.Columns) throw new StudyException($"{path} is no log of a study.");
        if (lines[0] != head)
            throw new StudyException(
                $"{path} was made with other settings.{Environment.NewLine}  there: {lines[0][1..].Trim()}{Environment.NewLine}  now:   {settings}"
                + $"{Environment.NewLine}Name another folder with --output, or the same settings.");

        // What stands behind the last line end is a line that was cut off: its trial is made again.
        int whole = text.LastIndexOf('\n') + 1;
        if (whole < text.Length) File.WriteAllText(path, text[..whole]);
        foreach ((string line, int number) in lines[..^1].Select((line, at) => (line, at + 1)).Skip(2))
        {
            TrialResult result = TrialResult.Read(line) ?? throw new StudyException($"{path}, line {number}: '{line}' is no trial, expected {TrialResult.Columns}.");
            results[result.Trial] = result;
        }
    }

    /// <summary>What a trial came to, or null where it was not made yet.</summary>
    public TrialResult? Find(Trial trial)
    {
        lock (gate) return results.GetValueOrDefault(trial);
    }

    /// <summary>Keeps a result.</summary>
    public void Add(TrialResult result)
    {
        lock (gate)
        {
            File.AppendAllText(path, result.ToLine() + "\n");
            results[result.Trial] = result;
        }
    }
}

/// <summary>A study cannot go on; the message says why and what would help.</summary>
internal sealed class StudyException(string message) : Exception(message);
