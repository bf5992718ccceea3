using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using KnDsl.Training;

namespace KnDsl.Samples.Detection.Experiment;

/// <summary>The finished trainings of an experiment, a line for each, below a line with what decides the figures.</summary>
internal sealed class ExperimentLog
{
    private const int MostSeeds = 100;

    private readonly string path;
    private readonly Dictionary<ExperimentTrial, ExperimentResult> results = [];
    private readonly object gate = new();

    /// <summary>Opens the log, or begins one.</summary>
    /// <param name="path">The file.</param>
    /// <param name="shape">What decides the figures, in a line.</param>
    /// <exception cref="RunFileException">It is of another experiment, or is no such log.</exception>
    public ExperimentLog(string path, string shape)
    {
        this.path = path;
        string[] head = [$"# {shape}", ExperimentResult.Columns];
        if (!File.Exists(path))
        {
            File.WriteAllText(path, string.Concat(head.Select(line => line + "\n")));
            return;
        }
        var text = File.ReadAllText(path);
        // After the last end of a line there may be one that was cut off: its training is looked at again.
        var whole = text.LastIndexOf('\n') + 1;
        if (whole < text.Length)
            File.WriteAllText(path, text[..whole]);
        string[] lines = [.. text[..whole].Split('\n', StringSplitOptions.RemoveEmptyEntries)];
        if (lines.Length < head.Length || lines[1] != head[1])
            throw new RunFileException(path, "is no log of an experiment.");
        if (lines[0] != head[0])
            throw new RunFileException(path, $"is of '{lines[0][2..]}', not of '{shape}'. Name another folder with --output.");
        var known = ExperimentCase.All.SelectMany(of => Enumerable.Range(1, MostSeeds).Select(seed => new ExperimentTrial(of, seed)))
            .ToDictionary(trial => trial.Name);
        for (var i = head.Length; i < lines.Length; i++)
        {
            var result = ExperimentResult.Read(lines[i], known.GetValueOrDefault) ?? throw new RunFileException(
                $"{path}({i + 1})", $"'{lines[i]}' is no training of this experiment, expected {ExperimentResult.Columns}.");
            results[result.Trial] = result;
        }
    }

    /// <summary>All results.</summary>
    public IReadOnlyList<ExperimentResult> Results
    {
        get
        {
            lock (gate)
                return [.. results.Values];
        }
    }

    /// <summary>Whether a training is finished.</summary>
    public bool Has(ExperimentTrial trial)
    {
        lock (gate)
            return results.ContainsKey(trial);
    }

    /// <summary>Adds a result.</summary>
    public void Add(ExperimentResult result)
    {
        lock (gate)
        {
            File.AppendAllText(path, $"{result.ToLine()}\n");
            results[result.Trial] = result;
        }
    }
}
