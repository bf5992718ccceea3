using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System;
using KnDsl.Samples.Study.Trials;
using KnDsl.Training;
using Spectre.Console;

namespace KnDsl.Samples.Study.Reports;

/// <summary>Shows the progress of a study and the time left: a moving bar in a terminal, one line per trial elsewhere.</summary>
internal static class StudyProgress
{
    /// <summary>Runs some work that reports each finished trial.</summary>
    public static void Follow(
        IAnsiConsole console, TextWriter output, StudyPlan plan, ResultLog<Trial, TrialResult> log, int workers,
        Action<Action<TrialResult>> work)
    {
        var left = new TimeLeft(plan, log, workers);
        if (!console.Profile.Out.IsTerminal || !console.Profile.Capabilities.Interactive)
        {
            work(result => output.WriteLine(Line(result, left)));
            return;
        }

        console.Progress()
            .AutoClear(false)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn())
            .Start(context =>
            {
                var bar = context.AddTask("study", maxValue: left.All);
                bar.Value = left.Done;
                work(result =>
                {
                    bar.Description = Line(result, left).EscapeMarkup();
                    bar.Value = left.Done;
                });
            });
    }

    private static string Line(TrialResult result, TimeLeft left)
    {
        var estimate = left.After(result);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"[{left.Done}/{left.All}] {result.Trial}: {(double.IsFinite(result.Loss) ? $"{result.Error:F2} %" : "diverged")}, "
            + $"{result.Elapsed.TotalSeconds:F0} s; {(int)estimate.TotalHours}:{estimate.Minutes:00} h left");
    }

    /// <summary>Estimates the time left from the mean time of the trials of each purpose, those of earlier runs included.</summary>
    private sealed class TimeLeft
    {
        private readonly int workers;
        private readonly Dictionary<Purpose, int> open;
        private readonly Dictionary<Purpose, List<double>> seconds;

        public TimeLeft(StudyPlan plan, ResultLog<Trial, TrialResult> log, int workers)
        {
            this.workers = workers;
            var purposes = Enum.GetValues<Purpose>();
            TrialResult[] finished =
            [
                .. plan.Cases
                    .SelectMany(tried => plan.RateTrials(tried).Concat(plan.ComparisonTrials(tried, log) ?? []))
                    .Select(log.Find).OfType<TrialResult>(),
            ];
            seconds = purposes.ToDictionary(
                purpose => purpose,
                purpose => finished.Where(r => r.Trial.Purpose == purpose).Select(r => r.Elapsed.TotalSeconds).ToList());
            open = purposes.ToDictionary(purpose => purpose, purpose => plan.Count(purpose) - seconds[purpose].Count);
            All = purposes.Sum(plan.Count);
        }

        public int All { get; }

        public int Done => All - open.Values.Sum();

        public TimeSpan After(TrialResult result)
        {
            open[result.Trial.Purpose]--;
            seconds[result.Trial.Purpose].Add(result.Elapsed.TotalSeconds);
            // Before the first comparison, its time is guessed: it has twice as many epochs and a few more images.
            double rate = Mean(Purpose.Rate) ?? 0, comparison = Mean(Purpose.Comparison) ?? 2.4 * rate;
            return TimeSpan.FromSeconds((open[Purpose.Rate] * rate + open[Purpose.Comparison] * comparison) / workers);
        }

        private double? Mean(Purpose purpose) => seconds[purpose].Count == 0 ? null : seconds[purpose].Average();
    }
}
