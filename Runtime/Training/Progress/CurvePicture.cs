using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;

namespace KnDsl.Training;

/// <summary>
/// Draws the curves of a training as PNG after evaluations, after checkpoints and at the end: losses, each other figure, the learning rate.
/// </summary>
/// <remarks>
/// Drawing takes at most a twentieth of the time of the training: after a picture the next ones are left out for that long.
/// </remarks>
/// <param name="path">The picture; its folder is made if it does not exist.</param>
/// <param name="title">What it says above the curves.</param>
/// <param name="log">
/// The folder of a <see cref="CsvLog"/> that is told before this observer: what it has from before belongs to the curves. Null for none.
/// </param>
public sealed class CurvePicture(string path, string title, string? log = null) : ITrainingObserver
{
    /// <summary>More panels would be too small to read, or the picture too large.</summary>
    private const int MostPanels = 8;

    private readonly Stopwatch _sinceDrawn = Stopwatch.StartNew();
    private readonly Dictionary<string, ThinnedCurve> _metrics = [];
    private ThinnedCurve _loss = new();
    private ThinnedCurve _rate = new();
    private double _stepsPerEpoch = 1;
    private TimeSpan _pause;

    /// <inheritdoc />
    /// <exception cref="RunFileException">The folder of the picture cannot be made.</exception>
    public void Started(TrainingPlan plan)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        RunFileException.MakeFolder(folder);
        _stepsPerEpoch = plan.Epochs > 0 && plan.Steps > 0 ? (double)plan.Steps / plan.Epochs : 1;
        (_loss, _rate) = (new ThinnedCurve(), new ThinnedCurve());
        _metrics.Clear();
        if (log is null)
            return;
        foreach (var step in CsvLog.ReadSteps(log))
            Stepped(step);
        foreach (var evaluation in CsvLog.ReadEvaluations(log))
            Add(evaluation);
    }

    /// <inheritdoc />
    public void Stepped(StepReport report)
    {
        _loss.Add(report.Position.Step / _stepsPerEpoch, report.Loss);
        _rate.Add(report.Position.Step / _stepsPerEpoch, report.LearningRate);
    }

    /// <inheritdoc />
    public void Evaluated(EvaluationReport report)
    {
        Add(report);
        DrawAfterPause();
    }

    /// <inheritdoc />
    public void Saved(string folder, TrainingPosition at) => DrawAfterPause();

    /// <inheritdoc />
    public void Ended(TrainingEnd end, TrainingPosition at) => Draw();

    private void Add(EvaluationReport report)
    {
        foreach (var (name, value) in report.Metrics)
        {
            if (!_metrics.TryGetValue(name, out var curve))
                _metrics[name] = curve = new ThinnedCurve();
            curve.Add(report.Position.Step / _stepsPerEpoch, value);
        }
    }

    private void DrawAfterPause()
    {
        if (_sinceDrawn.Elapsed >= _pause)
            Draw();
    }

    private void Draw()
    {
        if (_loss.Points.Count == 0 && _metrics.Count == 0)
            return;
        var time = Stopwatch.StartNew();
        var losses = _metrics.Where(metric => metric.Key.Contains("loss", StringComparison.OrdinalIgnoreCase)).ToArray();
        CurvePanel[] panels =
        [
            new("loss",
            [
                new("training", _loss.Points),
                .. losses.Select(metric => new Curve($"evaluation: {metric.Key}", metric.Value.Points)),
            ]),
            .. _metrics.Except(losses).Take(MostPanels - 2)
                .Select(metric => new CurvePanel(metric.Key, [new(metric.Key, metric.Value.Points)])),
            new("learning rate", [new("learning rate", _rate.Points)]),
        ];
        try
        {
            CurveFigure.Save(path, title, "epoch", panels);
        }
        finally
        {
            _pause = 20 * time.Elapsed;
            _sinceDrawn.Restart();
        }
    }
}
