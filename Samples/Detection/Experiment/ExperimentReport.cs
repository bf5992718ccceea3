using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using KnDsl.Training;
using ScottPlot;

namespace KnDsl.Samples.Detection.Experiment;

/// <summary>The table and the picture of an experiment: AP of each case, the mean and the range of its seeds.</summary>
internal static class ExperimentReport
{
    private static readonly (int Images, bool IsFinetuned)[] Columns = [(1, false), (2, false), (1, true), (2, true)];

    /// <summary>Writes <c>experiment.md</c> and <c>experiment.png</c>.</summary>
    /// <exception cref="RunFileException">One cannot be written.</exception>
    public static void Save(string folder, IReadOnlyList<ExperimentResult> results)
    {
        RunFile.Write(Path.Combine(folder, "experiment.md"), Table(results));
        if (results.Count > 0)
            Draw(Path.Combine(folder, "experiment.png"), results);
    }

    /// <summary>A table in Markdown.</summary>
    public static string Table(IReadOnlyList<ExperimentResult> results)
    {
        var text = new StringBuilder("| AP of boxes |");
        foreach (var (images, isFinetuned) in Columns)
            text.Append(CultureInfo.InvariantCulture, $" {Title(images, isFinetuned)} |");
        text.Append("\n|---|---|---|---|---|\n");
        foreach (var norm in results.GroupBy(result => result.Trial.Case.Norm).OrderBy(group => group.Key))
        {
            text.Append(CultureInfo.InvariantCulture, $"| {SettingNameAttribute.Of(norm.Key)} |");
            foreach (var (images, isFinetuned) in Columns)
            {
                double[] figures =
                [
                    .. norm.Where(result => result.Trial.Case.Images == images && result.Trial.Case.IsFinetuned == isFinetuned)
                        .Select(result => result.AP),
                ];
                text.Append(figures.Length switch
                {
                    0 => " |",
                    1 => string.Create(CultureInfo.InvariantCulture, $" {figures[0]:0.000} |"),
                    _ => string.Create(CultureInfo.InvariantCulture,
                        $" {figures.Average():0.000} ({figures.Min():0.000} to {figures.Max():0.000}) |"),
                });
            }
            text.Append('\n');
        }
        int[] seeds = [.. results.GroupBy(result => result.Trial.Case).Select(group => group.Count())];
        if (seeds.Length > 0)
        {
            var (least, most, minutes) = (seeds.Min(), seeds.Max(), results.Sum(result => result.Minutes));
            var ofEach = $"{(least == most ? $"{least}" : $"{least} to {most}")} seed{(most == 1 ? "" : "s")} a case";
            text.Append(CultureInfo.InvariantCulture, $"\n{results.Count} trainings, {ofEach}; {minutes:0} minutes in all.\n");
        }
        return text.ToString();
    }

    private static void Draw(string path, IReadOnlyList<ExperimentResult> results)
    {
        using var plot = new Plot();
        var norms = results.Select(result => result.Trial.Case.Norm).Distinct().Order().ToArray();
        for (var i = 0; i < norms.Length; i++)
        {
            // Side by side, so that no bar hides another.
            var shift = (i - (norms.Length - 1) / 2.0) * 0.08;
            var cells = Columns.Select((column, at) => (At: at + shift, Figures: results
                .Where(result => result.Trial.Case == new ExperimentCase(norms[i], column.Images, column.IsFinetuned))
                .Select(result => result.AP).ToArray())).Where(cell => cell.Figures.Length > 0).ToArray();
            var marks = plot.Add.ScatterPoints(
                cells.Select(cell => cell.At).ToArray(), cells.Select(cell => cell.Figures.Average()).ToArray());
            marks.LegendText = SettingNameAttribute.Of(norms[i]);
            CurveStyle.Apply(marks, i);
            marks.MarkerSize = 9;
            foreach (var (at, figures) in cells)
            {
                var bar = plot.Add.Line(at, figures.Min(), at, figures.Max());
                bar.Color = marks.Color;
                bar.LineWidth = 1.5f;
            }
        }
        plot.Title("RetinaNet: AP of boxes by normalization, images a step and first weights", size: 16);
        plot.YLabel("AP of boxes", size: 14);
        plot.Axes.Bottom.SetTicks(
            [.. Columns.Select((_, at) => (double)at)], [.. Columns.Select(column => Title(column.Images, column.IsFinetuned))]);
        plot.Axes.SetLimits(-0.5, Columns.Length - 0.5, 0, 1.1 * results.Max(result => result.AP) + 0.01);
        PictureFont.Apply(plot);
        plot.ShowLegend(Edge.Right);
        RunFile.Write(path, plot.GetImageBytes(1100, 600, ImageFormat.Png));
    }

    private static string Title(int images, bool isFinetuned) =>
        $"{images} image{(images == 1 ? "" : "s")}, {(isFinetuned ? "fine-tuned" : "from scratch")}";
}
