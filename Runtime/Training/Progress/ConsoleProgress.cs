using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;

namespace KnDsl.Training;

/// <summary>Shows a training on the console: one line that moves in a terminal, a line every half minute elsewhere.</summary>
/// <remarks>
/// A line has the epoch, the loss and the learning rate, samples a second in this process, the time left, the memory of the process and of
/// the CUDA device, and the share of time that was spent waiting for data.
/// </remarks>
public sealed class ConsoleProgress : ITrainingObserver
{
    private static readonly TimeSpan Movement = TimeSpan.FromSeconds(0.2);

    private readonly TextWriter _output;
    private readonly Func<int>? _width;
    private readonly TimeSpan _interval;
    private readonly RecentSteps _recent = new();
    private TrainingPlan? _plan;
    private TimeSpan _shown;
    private int _moving;

    /// <summary>Shows on the console.</summary>
    public ConsoleProgress()
        : this(Console.Out, Console.IsOutputRedirected || Environment.GetEnvironmentVariable("TERM") == "dumb" ? null : WidthOfConsole)
    {
    }

    /// <summary>Shows elsewhere.</summary>
    /// <param name="output">Takes the lines.</param>
    /// <param name="width">The columns of a terminal, in which one line moves; null for whole lines.</param>
    /// <param name="interval">The time between two lines, half a minute if it is null; in a terminal the line moves more often.</param>
    public ConsoleProgress(TextWriter output, Func<int>? width = null, TimeSpan? interval = null)
    {
        (_output, _width) = (output, width);
        _interval = width is null ? interval ?? TimeSpan.FromSeconds(30) : Movement;
    }

    /// <inheritdoc />
    public void Started(TrainingPlan plan)
    {
        _plan = plan;
        var begin = plan.Begin.Step == 0 ? ""
            : plan.Begin.Step >= plan.Steps ? ", all of which are done"
            : Text($", from step {plan.Begin.Step:N0} on (epoch {plan.Begin.Epoch + 1})");
        Write($"{Count(plan.Epochs, "epoch")} of {Count(plan.BatchesPerEpoch, "batch", "batches")}, {Count(plan.Steps, "step")}{begin}");
    }

    /// <inheritdoc />
    public void Stepped(StepReport report)
    {
        var isFirst = _recent.Last is null;
        _recent.Add(report);
        if (!isFirst && report.Elapsed - _shown < _interval)
            return;
        _shown = report.Elapsed;
        if (_width is null)
            Write(Line(report));
        else
            Move(Line(report));
    }

    /// <inheritdoc />
    public void Evaluated(EvaluationReport report)
    {
        _recent.Restart(report.Elapsed);
        _shown = report.Elapsed;
        var figures = string.Join("  ", report.Metrics.Select(metric => Text($"{metric.Key} {metric.Value:G5}")));
        Write(Text($"evaluated after step {report.Position.Step:N0}: {figures}{(report.IsBest ? "  (best)" : "")}"));
    }

    /// <inheritdoc />
    public void Ended(TrainingEnd end, TrainingPosition at)
    {
        var how = end switch
        {
            TrainingEnd.Finished => "finished",
            TrainingEnd.EarlyStopped => "stopped early: no more improvement",
            TrainingEnd.Interrupted => "interrupted",
            _ => "failed",
        };
        var elapsed = _recent.Last is { } last ? $", {Duration(last.Elapsed)} after it began" : "";
        Write(Text($"{how} after step {at.Step:N0}{elapsed}"));
    }

    private string Line(StepReport report)
    {
        var plan = _plan;
        var parts = new List<string>();
        if (plan is not null)
        {
            var batches = (double)report.Position.Batch / Math.Max(1, plan.BatchesPerEpoch);
            parts.Add(Text($"epoch {Math.Min(report.Position.Epoch + 1, plan.Epochs)}/{plan.Epochs} {Math.Min(1, batches),4:P0}"));
        }
        parts.Add(Text($"step {report.Position.Step:N0}"));
        parts.Add(Text($"loss {_recent.Loss:G4}"));
        parts.Add(Text($"lr {report.LearningRate:G3}"));
        if (double.IsFinite(_recent.Rate))
            parts.Add(Text($"{_recent.Rate:N0} samples/s"));
        // By the time of all steps so far, since it holds the evaluations as well.
        var made = report.Position.Step - (plan?.Begin.Step ?? 0);
        if (plan is not null && made > 0)
            parts.Add($"{Duration(report.Elapsed * ((double)Math.Max(0, plan.Steps - report.Position.Step) / made))} left");
        parts.Add(Text($"waited {_recent.WaitedShare:P0}"));
        parts.Add($"memory {Size(Environment.WorkingSet)}");
        if (DeviceMemory.Read() is { } device)
            parts.Add($"device {Size(device.Used)} of {Size(device.Total)}");
        return string.Join("  ", parts);
    }

    private void Write(string line)
    {
        if (_moving > 0)
            _output.Write('\r' + new string(' ', _moving) + '\r');
        _moving = 0;
        _output.WriteLine(line);
        _output.Flush();
    }

    private void Move(string line)
    {
        // One column is left free: a terminal would begin a new line after the last.
        var columns = Math.Max(0, _width!() - 1);
        var fits = line[..Math.Min(line.Length, columns)];
        _output.Write('\r' + fits.PadRight(Math.Min(_moving, columns)));
        _moving = fits.Length;
        _output.Flush();
    }

    private static int WidthOfConsole()
    {
        try
        {
            return Console.WindowWidth is > 0 and var width ? width : 80;
        }
        catch (IOException)
        {
            return 80;
        }
    }

    private static string Count(long number, string one, string? many = null) =>
        Text($"{number:N0} {(number == 1 ? one : many ?? one + "s")}");

    private static string Duration(TimeSpan time) => Text($"{(long)time.TotalHours}:{time:mm\\:ss}");

    private static string Size(long bytes) => Text($"{bytes / (double)(1L << 30):F1} GiB");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
