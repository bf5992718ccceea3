using System.Linq;
using ScottPlot;
using ScottPlot.Plottables;

namespace KnDsl.Training;

/// <summary>What lines of a picture are told apart by.</summary>
public static class CurveStyle
{
    private static readonly Color[] Colors =
    [
        .. new[]
        {
            "#d1495b", "#00798c", "#edae49", "#66a182", "#8d96a3", "#30343f", "#9c6ade", "#b08968", "#7fb7d6", "#e58ab0",
        }.Select(Color.FromHex),
    ];

    private static readonly MarkerShape[] Markers =
    [
        MarkerShape.FilledCircle, MarkerShape.FilledSquare, MarkerShape.FilledTriangleUp, MarkerShape.FilledDiamond,
        MarkerShape.FilledTriangleDown,
    ];

    /// <summary>The number of colors: so many lines differ in color.</summary>
    public static int ColorCount => Colors.Length;

    /// <summary>Gives a line of a plot its color and the shape of its marks. The first fifty lines differ from each other.</summary>
    /// <param name="line">The line; its width and the size of its marks stay.</param>
    /// <param name="number">Its number among the lines of the plot, from 0.</param>
    public static void Apply(Scatter line, int number)
    {
        line.Color = Colors[number % Colors.Length];
        line.MarkerShape = Markers[(number + number / Colors.Length) % Markers.Length];
    }
}
