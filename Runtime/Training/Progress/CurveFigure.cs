using System;
using System.Collections.Generic;
using System.Linq;
using ScottPlot;
using ScottPlot.MultiplotLayouts;
using ScottPlot.TickGenerators;

namespace KnDsl.Training;

/// <summary>A curve: a line, with marks where its points are few.</summary>
/// <param name="Name">Its name in the legend.</param>
/// <param name="Points">Its points; those that are not finite are left out.</param>
public sealed record Curve(string Name, IReadOnlyList<(double X, double Y)> Points);

/// <summary>Curves on axes of their own.</summary>
/// <param name="Label">What the vertical axis is.</param>
/// <param name="Curves">The curves.</param>
public sealed record CurvePanel(string Label, IReadOnlyList<Curve> Curves);

/// <summary>Draws curves in panels, one above the other, over one horizontal axis.</summary>
public static class CurveFigure
{
    private const int Width = 900, OnlyHeight = 560, FirstHeight = 380, PanelHeight = 220;

    /// <summary>Above this many points marks would hide the line.</summary>
    private const int MostMarks = 60;

    /// <summary>Writes a picture as PNG: all of it or nothing.</summary>
    /// <param name="path">The file.</param>
    /// <param name="title">What it shows.</param>
    /// <param name="label">What the horizontal axis is.</param>
    /// <param name="panels">At least one.</param>
    /// <exception cref="RunFileException">The file cannot be written.</exception>
    public static void Save(string path, string title, string label, IReadOnlyList<CurvePanel> panels)
    {
        ArgumentOutOfRangeException.ThrowIfZero(panels.Count, nameof(panels));
        var figure = new Multiplot();
        figure.AddPlots(panels.Count);
        var plots = figure.GetPlots();
        float[] heights = [panels.Count == 1 ? OnlyHeight : FirstHeight, .. Enumerable.Repeat((float)PanelHeight, panels.Count - 1)];
        var rows = new DraggableRows();
        rows.SetHeights(heights);
        figure.Layout = rows;
        for (var i = 0; i < panels.Count; i++)
            Draw(plots[i], panels[i], isAlone: panels.Count == 1);

        double[] xs = [.. panels.SelectMany(panel => panel.Curves).SelectMany(curve => curve.Points).Select(point => point.X)];
        foreach (var plot in plots)
        {
            plot.Axes.Bottom.TickGenerator = new NumericAutomatic
            {
                // Epochs: there is no place between two of them, or there are so many that only whole ones are named.
                IntegerTicksOnly = xs.Length > 0 && (xs.All(double.IsInteger) || xs.Max() - xs.Min() >= 4),
            };
            if (xs.Length > 0)
                plot.Axes.SetLimitsX(xs.Min() - 0.02 * (xs.Max() - xs.Min()), xs.Max() + 0.02 * (xs.Max() - xs.Min()));
            // The same room at the left, so that one place is one point of time in all of them.
            if (panels.Count > 1)
                plot.Axes.Left.MinimumSize = plot.Axes.Left.MaximumSize = 80;
        }
        plots[0].Title(title, size: 16);
        plots[^1].XLabel(label, size: 14);
        foreach (var plot in plots)
            PictureFont.Apply(plot);

        using var image = figure.Render(Width, (int)heights.Sum());
        RunFile.Write(path, image.GetImageBytes(ScottPlot.ImageFormat.Png, 100));
    }

    private static void Draw(Plot plot, CurvePanel panel, bool isAlone)
    {
        // A label tells what a single curve is.
        var hasLegend = panel.Curves.Count > 1 || isAlone;
        for (var i = 0; i < panel.Curves.Count; i++)
        {
            (double X, double Y)[] points = [.. panel.Curves[i].Points.Where(point => double.IsFinite(point.Y))];
            var line = plot.Add.Scatter(points.Select(point => point.X).ToArray(), points.Select(point => point.Y).ToArray());
            line.LegendText = hasLegend ? panel.Curves[i].Name : "";
            CurveStyle.Apply(line, i);
            line.LineWidth = points.Length > MostMarks ? 1.5f : 2;
            line.MarkerSize = points.Length > MostMarks ? 0 : 7;
        }
        plot.YLabel(panel.Label, size: 14);
        if (hasLegend)
            plot.ShowLegend(Alignment.UpperRight);
    }
}
