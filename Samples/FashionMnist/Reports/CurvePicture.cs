using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using KnDsl.Samples.FashionMnist.Training;
using ScottPlot;

namespace KnDsl.Samples.FashionMnist.Reports;

/// <summary>Draws test error against epoch, one line per method.</summary>
internal static class CurvePicture
{
    /// <summary>A small font that is included with the program: without one, as on many servers, the picture would have no text.</summary>
    public static string FontFile { get; } = Path.Combine(AppContext.BaseDirectory, "Reports", "Font", "DejaVuSans-ASCII.ttf");

    private const string FontName = "KnDsl curves";

    private static readonly Dictionary<string, (Color Color, MarkerShape Marker)> Looks = new()
    {
        ["kalman"] = (Color.FromHex("#d1495b"), MarkerShape.FilledCircle),
        ["batch"] = (Color.FromHex("#00798c"), MarkerShape.FilledSquare),
        ["group"] = (Color.FromHex("#8d96a3"), MarkerShape.FilledTriangleUp),
        ["none"] = (Color.FromHex("#30343f"), MarkerShape.Cross),
    };

    static CurvePicture() => Fonts.AddFontFile(FontName, FontFile, bold: false, italic: false);

    /// <summary>Writes the picture as PNG.</summary>
    public static void Save(string path, IReadOnlyList<Outcome> outcomes, string title)
    {
        using var plot = new Plot();
        foreach (var outcome in outcomes)
        {
            var (color, marker) = Looks[outcome.Method.Name];
            var line = plot.Add.Scatter(
                outcome.Epochs.Select(e => (double)e.Number).ToArray(), outcome.Epochs.Select(e => e.Error).ToArray());
            line.LegendText = FormattableString.Invariant($"{outcome.Method.Name}  {outcome.Error:F1} %");
            line.Color = color;
            line.MarkerShape = marker;
            line.MarkerSize = 8;
            line.LineWidth = 2;
        }
        plot.Title(title, size: 16);
        plot.XLabel("epoch", size: 14);
        plot.YLabel("test error, %", size: 14);
        plot.Axes.Bottom.TickGenerator = new ScottPlot.TickGenerators.NumericAutomatic { IntegerTicksOnly = true };
        ApplyFont(plot);
        plot.ShowLegend(Alignment.UpperRight);
        plot.SavePng(path, 900, 560);
    }

    /// <summary>Gives the included font to a plot and its labels.</summary>
    public static void ApplyFont(Plot plot)
    {
        foreach (var label in new[] { plot.Axes.Title.Label, plot.Axes.Bottom.Label, plot.Axes.Left.Label })
            label.Bold = false;
        plot.Font.Set(FontName);
        plot.Legend.FontName = FontName;
    }
}
