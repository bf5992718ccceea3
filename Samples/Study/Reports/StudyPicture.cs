using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using KnDsl.Samples.Study.Methods;
using KnDsl.Samples.Study.Trials;
using KnDsl.Training;
using ScottPlot;

namespace KnDsl.Samples.Study.Reports;

/// <summary>
/// Draws test error against the samples per statistic, one line per contestant, bars from the best to the worst seed.
/// </summary>
internal static class StudyPicture
{
    /// <summary>
    /// Errors further above the least one are drawn at the edge: a method that learned nothing should not squeeze the others together.
    /// </summary>
    private const double Range = 20;

    /// <summary>Writes a picture of each task as PNG: <c>study.png</c>, <c>study-bottleneck-fashion.png</c> and so on.</summary>
    public static void SaveAll(string folder, IReadOnlyList<Entry> entries)
    {
        var core = StudyPart.All[0].Cases[0].Task;
        foreach (var (task, own) in StudyReport.Tasks(entries))
        {
            var name = task == core ? "study" : $"study-{task.Network}-{task.Set}{(task.Batch == core.Batch ? "" : $"-{task.Batch}")}";
            Save(Path.Combine(folder, $"{name}.png"), task, own);
        }
    }

    private static void Save(string path, StudyTask task, IReadOnlyList<Entry> entries)
    {
        var columns = StudyReport.Columns(entries);
        using var plot = new Plot();
        double least = entries.Min(e => e.Spread.Least), top = Math.Min(least + Range, entries.Max(e => e.Spread.Greatest));
        IGrouping<Contestant, Entry>[] lines = [.. entries.GroupBy(e => e.Case.Contestant)];
        for (var i = 0; i < lines.Length; i++)
            Draw(plot, lines[i].Key, [.. lines[i].OrderBy(e => Array.IndexOf(columns, e.Case.Samples))], columns, top, i, lines.Length);

        plot.Title($"{task}: test error against images per statistic", size: 16);
        plot.XLabel("images per statistic", size: 14);
        plot.YLabel("test error, %", size: 14);
        plot.Axes.Bottom.SetTicks(
            [.. columns.Select((_, at) => (double)at)],
            [.. columns.Select(n => n == 0 ? $"whole batch ({task.Batch})" : $"{n}")]);
        plot.Axes.SetLimits(-0.4, columns.Length - 0.6, Math.Floor(least) - 1, top + 1);
        PictureFont.Apply(plot);
        plot.ShowLegend(Edge.Right);
        RunFile.Write(path, plot.GetImageBytes(1100, 600, ImageFormat.Png));
    }

    private static void Draw(Plot plot, Contestant contestant, Entry[] entries, int[] columns, double top, int number, int count)
    {
        // Side by side, so that no bar hides another.
        var shift = (number - (count - 1) / 2.0) * 0.3 / count;
        double[] xs = contestant.DependsOnSamples
            ? [.. entries.Select(e => Array.IndexOf(columns, e.Case.Samples) + shift)]
            : [.. columns.Select((_, at) => at + shift)];
        double[] ys = contestant.DependsOnSamples
            ? [.. entries.Select(e => Math.Min(e.Mean, top))]
            : [.. columns.Select(_ => Math.Min(entries[0].Mean, top))];

        var line = plot.Add.Scatter(xs, ys);
        line.LegendText = contestant.Name;
        CurveStyle.Apply(line, number);
        line.LineWidth = 2;
        // Of more lines than there are colors, the later ones have other dashes.
        line.LinePattern = (contestant.DependsOnSamples, number < CurveStyle.ColorCount) switch
        {
            (true, true) => LinePattern.Solid,
            (true, false) => LinePattern.Dotted,
            (false, true) => LinePattern.Dashed,
            (false, false) => LinePattern.DenselyDashed,
        };
        line.MarkerSize = contestant.DependsOnSamples ? 8 : 0;
        for (var i = 0; i < (contestant.DependsOnSamples ? entries.Length : 1); i++)
        {
            var (least, greatest) = entries[i].Spread;
            var bar = plot.Add.Line(xs[i], Math.Min(least, top), xs[i], Math.Min(greatest, top));
            bar.Color = line.Color;
            bar.LineWidth = 1.5f;
        }
    }
}
