using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;

namespace KnDsl.Training;

/// <summary>
/// Writes steps to <c>steps.csv</c> and evaluations to <c>evaluations.csv</c> of a folder. A training that goes on from a checkpoint
/// continues the files: rows after the checkpoint's step are dropped, and so is a last row that was cut off.
/// </summary>
/// <remarks>
/// Each row is written when it is made, so that a process that is killed loses none. The column <c>seconds</c> is the time of the training
/// over all processes that worked on it, without the pauses between them; <c>waited</c>, the part of it that was spent waiting for batches.
/// </remarks>
/// <param name="folder">The folder; it is made if it does not exist.</param>
/// <param name="every">Of this many steps one is logged.</param>
public sealed class CsvLog(string folder, int every = 1) : ITrainingObserver, IDisposable
{
    private static readonly string[] StepColumns =
        ["step", "epoch", "batch", "loss", "learning_rate", "gradient_norm", "samples", "seconds", "waited"];

    private static readonly string[] EvaluationColumns = ["step", "epoch", "batch", "seconds", "best"];

    private CsvTable? _steps;
    private CsvTable? _evaluations;

    /// <summary>The metrics that the file of evaluations has columns for.</summary>
    private List<string> _metrics = [];

    /// <summary>The time of the processes before this one.</summary>
    private (TimeSpan Elapsed, TimeSpan Waited) _before;

    /// <summary>The steps that a folder's log has, in their order; none where there is no log.</summary>
    /// <param name="folder">The folder with <c>steps.csv</c>.</param>
    /// <exception cref="RunFileException">A row is none of such a log.</exception>
    public static IEnumerable<StepReport> ReadSteps(string folder) => Read(PathOfSteps(folder), StepColumns, fields => new StepReport(
        PositionOf(fields), Number(fields[3]), Number(fields[4]), fields[5].Length == 0 ? null : Number(fields[5]), Whole(fields[6]),
        TimeSpan.FromSeconds(Number(fields[7])), TimeSpan.FromSeconds(Number(fields[8]))));

    /// <summary>The evaluations that a folder's log has, in their order; none where there is no log.</summary>
    /// <param name="folder">The folder with <c>evaluations.csv</c>.</param>
    /// <exception cref="RunFileException">A row is none of such a log.</exception>
    public static IEnumerable<EvaluationReport> ReadEvaluations(string folder)
    {
        var path = PathOfEvaluations(folder);
        var names = ColumnsOf(path);
        return Read(path, EvaluationColumns, fields => new EvaluationReport(
            PositionOf(fields),
            // A row has no figure for a metric that it was not evaluated by.
            names.Zip(fields).Skip(EvaluationColumns.Length).Where(pair => pair.Second.Length > 0)
                .ToDictionary(pair => pair.First, pair => Number(pair.Second)),
            fields[4] == "1",
            TimeSpan.FromSeconds(Number(fields[3]))));
    }

    /// <inheritdoc />
    /// <exception cref="RunFileException">A file cannot be written, or is no such log.</exception>
    public void Started(TrainingPlan plan)
    {
        Dispose();
        RunFileException.MakeFolder(folder);
        _steps = CsvTable.Open(PathOfSteps(folder), StepColumns, plan.Begin.Step);
        _steps.Flush();
        var last = ReadSteps(folder).LastOrDefault();
        _before = (last?.Elapsed ?? TimeSpan.Zero, last?.Waited ?? TimeSpan.Zero);
        if (File.Exists(PathOfEvaluations(folder)))
        {
            _evaluations = CsvTable.Open(PathOfEvaluations(folder), EvaluationColumns, plan.Begin.Step);
            _metrics = [.. ColumnsOf(PathOfEvaluations(folder)).Skip(EvaluationColumns.Length)];
        }
    }

    /// <inheritdoc />
    public void Stepped(StepReport report)
    {
        if (report.Position.Step % every != 0)
            return;
        _steps?.Append(report.Position.Step,
        [
            .. Fields(report.Position), Text(report.Loss), Text(report.LearningRate), report.GradientNorm is { } norm ? Text(norm) : "",
            Text(report.Samples), Text(_before.Elapsed + report.Elapsed), Text(_before.Waited + report.Waited),
        ]);
    }

    /// <inheritdoc />
    public void Evaluated(EvaluationReport report)
    {
        if (_evaluations is null || report.Metrics.Keys.Except(_metrics).Any())
            AddColumns(report.Metrics.Keys);
        _evaluations!.Append(report.Position.Step,
        [
            .. Fields(report.Position), Text(_before.Elapsed + report.Elapsed), report.IsBest ? "1" : "0",
            .. _metrics.Select(name => report.Metrics.TryGetValue(name, out var value) ? Text(value) : ""),
        ]);
    }

    /// <inheritdoc />
    public void Ended(TrainingEnd end, TrainingPosition at) => Dispose();

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        _steps?.Dispose();
        _evaluations?.Dispose();
        (_steps, _evaluations) = (null, null);
    }

    /// <summary>Begins the file of evaluations, or gives it columns for metrics that were not evaluated before.</summary>
    private void AddColumns(IEnumerable<string> metrics)
    {
        string[] names = [.. _metrics.Union(metrics)];
        var path = PathOfEvaluations(folder);
        if (_evaluations is null)
        {
            _evaluations = CsvTable.Open(path, [.. EvaluationColumns, .. names], long.MaxValue);
        }
        else
        {
            var rows = CsvTable.Rows(path).Skip(1).Select(row => row.Fields.Concat(Enumerable.Repeat("", names.Length - _metrics.Count)));
            RunFile.Write(path, string.Concat(rows.Prepend(EvaluationColumns.Concat(names)).Select(row => CsvTable.Line([.. row]))));
            _evaluations.Dispose();
            _evaluations = CsvTable.Open(path, EvaluationColumns, long.MaxValue);
        }
        _metrics = [.. names];
    }

    private static IEnumerable<T> Read<T>(string path, string[] columns, Func<string[], T> read)
    {
        if (!File.Exists(path))
            yield break;
        // The first line has the columns. One with fewer fields was cut off.
        var number = 1;
        foreach (var (_, _, fields) in CsvTable.Rows(path).Skip(1))
        {
            number++;
            if (fields.Length < columns.Length)
                continue;
            T row;
            try
            {
                row = read(fields);
            }
            catch (Exception e) when (e is FormatException or OverflowException or ArgumentException)
            {
                throw new RunFileException($"{path}({number})", $"'{CsvTable.Line(fields).Trim()}' is no row of this log: {e.Message}", e);
            }
            yield return row;
        }
    }

    private static string[] ColumnsOf(string path) =>
        File.Exists(path) ? CsvTable.Rows(path).Select(row => row.Fields).FirstOrDefault() ?? [] : [];

    private static string PathOfSteps(string folder) => Path.Combine(folder, "steps.csv");

    private static string PathOfEvaluations(string folder) => Path.Combine(folder, "evaluations.csv");

    private static TrainingPosition PositionOf(string[] fields) => new(Whole(fields[0]), (int)Whole(fields[1]), Whole(fields[2]));

    private static string[] Fields(TrainingPosition position) => [Text(position.Step), Text(position.Epoch), Text(position.Batch)];

    private static double Number(string text) => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);

    private static long Whole(string text) => long.Parse(text, NumberStyles.Integer, CultureInfo.InvariantCulture);

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Text(TimeSpan time) => time.TotalSeconds.ToString("F3", CultureInfo.InvariantCulture);
}
