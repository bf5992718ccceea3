using System.Collections.Generic;
using System.Linq;
using KnDsl.Samples.FashionMnist.Training;
using ScottPlot;
using ScottPlot.Plottables;

namespace KnDsl.Samples.FashionMnist.Reports;

/// <summary>Draws test error against epoch, one line a method.</summary>
internal static class CurvePicture
{
    private static readonly Dictionary<string, (Color Color, MarkerShape Marker)> Looks = new()
    {
        ["kalman"] = (Color.FromHex("#d1495b"), MarkerShape.FilledCircle),
        ["batch"] = (Color.FromHex("#00798c"), MarkerShape.FilledSquare),
        ["group"] = (Color.FromHex("#8d96a3"), MarkerShape.FilledTriangleUp),
        ["none"] = (Color.FromHex("#30343f"), MarkerShape.Cross),
    };

    /// <summary>Writes the picture as PNG.</summary>
    public static void Save(string path, IReadOnlyList<Outcome> outcomes, string subtitle)
    {
        using var plot = new Plot();
        foreach (Outcome outcome in outcomes)
        {
            (Color color, MarkerShape marker) = Looks[outcome.Method.Name];
            Scatter line = plot.Add.Scatter(
                outcome.Epochs.Select(e => (double)e.Number).ToArray(), outcome.Epochs.Select(e => e.Error).ToArray());
            line.LegendText = System.FormattableString.Invariant($"{outcome.Method.Name}  {outcome.Error:F1} %");
            line.Color = color;
            line.MarkerShape = marker;
            line.MarkerSize = 8;
            line.LineWidth = 2;
        }
        plot.Title(subtitle, size: 15);
        plot.XLabel("epoch");
        plot.YLabel("test error, %");
        plot.Axes.Bottom.TickGenerator = new ScottPlot.TickGenerators.NumericAutomatic { IntegerTicksOnly = true };
        plot.ShowLegend(Alignment.UpperRight);
        plot.SavePng(path, 900, 560);
    }
}
