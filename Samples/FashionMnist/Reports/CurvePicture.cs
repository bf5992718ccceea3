using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Samples.FashionMnist.Training;
using KnDsl.Training;
using ScottPlot;

namespace KnDsl.Samples.FashionMnist.Reports;

/// <summary>Draws test error against epoch, one line per method.</summary>
internal static class CurvePicture
{
    private static readonly Dictionary<string, (Color Color, MarkerShape Marker)> Looks = new()
    {
        ["kalman"] = (Color.FromHex("#d1495b"), MarkerShape.FilledCircle),
        ["batch"] = (Color.FromHex("#00798c"), MarkerShape.FilledSquare),
        ["group"] = (Color.FromHex("#8d96a3"), MarkerShape.FilledTriangleUp),
        ["instancekalman"] = (Color.FromHex("#edae49"), MarkerShape.FilledDiamond),
        ["instance"] = (Color.FromHex("#66a182"), MarkerShape.FilledTriangleDown),
        ["none"] = (Color.FromHex("#30343f"), MarkerShape.Cross),
    };

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
        PictureFont.Apply(plot);
        plot.ShowLegend(Alignment.UpperRight);
        plot.SavePng(path, 900, 560);
    }
}
