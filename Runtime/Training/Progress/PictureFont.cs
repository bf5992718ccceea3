using System.Linq;
using System.Text;
using ScottPlot;
using SkiaSharp;

namespace KnDsl.Training;

/// <summary>A small font that is part of this library: without one, as on many servers, pictures would have no text.</summary>
public static class PictureFont
{
    /// <summary>Its name in ScottPlot.</summary>
    public const string Name = "KnDsl";

    private const string Resource = "DejaVuSans-ASCII.ttf";

    private static readonly SKTypeface Own = Read();

    static PictureFont() => Fonts.FontResolvers.Insert(0, new Resolver(Own));

    /// <summary>A typeface for a text in a picture that is drawn with Skia; it must not be disposed.</summary>
    /// <param name="text">The text.</param>
    public static SKTypeface TypefaceOf(string text) =>
        Ascii.IsValid(text) ? Own : Fonts.GetTypeface(Fonts.Detect(text), bold: false, italic: false);

    /// <summary>Gives the font to a plot, its labels and its legend, where these have only characters that it has.</summary>
    /// <param name="plot">The plot, whose texts are set already.</param>
    public static void Apply(Plot plot)
    {
        // Of a bold face it has none.
        var labels = new[] { plot.Axes.Title.Label, plot.Axes.Bottom.Label, plot.Axes.Left.Label };
        foreach (var label in labels)
            label.Bold = false;
        plot.Font.Set(Name);
        foreach (var label in labels)
            label.FontName = FontOf(label.Text);
        plot.Legend.FontName = FontOf(string.Concat(plot.GetPlottables().SelectMany(p => p.LegendItems).Select(item => item.LabelText)));
    }

    private static SKTypeface Read()
    {
        using var stream = typeof(PictureFont).Assembly.GetManifestResourceStream(Resource)!;
        // Skia reads a copy of its own.
        using var data = SKData.Create(stream);
        return SKTypeface.FromData(data);
    }

    /// <summary>For other characters, one of the system's fonts, if there is one that has them.</summary>
    private static string FontOf(string text) => Ascii.IsValid(text) ? Name : Fonts.Detect(text);

    private sealed class Resolver(SKTypeface typeface) : IFontResolver
    {
        public SKTypeface? CreateTypeface(string fontName, FontWeight weight, FontSlant slant, FontSpacing spacing) =>
            fontName == Name ? typeface : null;

        public SKTypeface? CreateTypeface(string fontName, bool bold, bool italic) => fontName == Name ? typeface : null;
    }
}
