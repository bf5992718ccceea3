using System;
using System.IO;
using System.Linq;
using ScottPlot;
using SkiaSharp;
using Xunit;

namespace KnDsl.Training.Tests.Progress;

public sealed class CurvePictureTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void It_is_drawn_at_the_end_with_a_panel_for_each_figure()
    {
        var picture = new CurvePicture(_folder["curves.png"], "a training");
        SimulatedTraining.Run(picture, 0, 20);
        picture.Ended(TrainingEnd.Finished, SimulatedTraining.At(20));
        using var drawn = SKBitmap.Decode(_folder["curves.png"]);
        Assert.Equal((900, 380 + 2 * 220), (drawn.Width, drawn.Height));
        Assert.Equal(["curves.png"], Directory.GetFiles(_folder.Path).Select(Path.GetFileName));
    }

    /// <summary>Before the first step: what an observer throws later does not end a training.</summary>
    [Fact]
    public void A_folder_that_is_a_file_is_refused_when_the_training_begins()
    {
        File.WriteAllText(_folder["afile"], "");
        ITrainingObserver[] observers =
        [
            new CurvePicture(_folder["afile/curves.png"], "a training"), new CsvLog(_folder["afile"]), new TensorBoardLog(_folder["afile"]),
        ];
        Assert.All(observers, observer => Assert.Equal(
            $"{_folder["afile"]}: this is a file, expected a folder.",
            Assert.Throws<RunFileException>(() => observer.Started(new(default, 1, 1, 1))).Message));
    }

    /// <summary>The library's font has few characters; one of the system's has thousands.</summary>
    [Fact]
    public void It_has_the_librarys_font()
    {
        using var plot = new Plot();
        PictureFont.Apply(plot);
        Assert.Equal(PictureFont.Name, plot.Axes.Title.Label.FontName);
        Assert.InRange(Fonts.GetTypeface(PictureFont.Name, bold: false, italic: false).GlyphCount, 95, 200);
    }

    /// <summary>Text is drawn: another title is another picture, in the region of the title.</summary>
    [Fact]
    public void It_has_text()
    {
        using var one = Draw("iiii");
        using var other = Draw("WWWW");
        Assert.InRange(Dark(one), 40, 200);
        Assert.InRange(Dark(other), 1.5 * Dark(one), 2000);

        SKBitmap Draw(string title)
        {
            CurveFigure.Save(_folder["a.png"], title, "epoch", [new CurvePanel("loss", [new Curve("a", [(0, 1), (1, 2)])])]);
            return SKBitmap.Decode(_folder["a.png"]);
        }

        static double Dark(SKBitmap picture) => Enumerable.Range(0, 30)
            .SelectMany(y => Enumerable.Range(0, picture.Width).Select(x => picture.GetPixel(x, y))).Count(color => color.Red < 128);
    }

    [Fact]
    public void A_training_that_goes_on_is_drawn_from_its_beginning()
    {
        using (var log = new CsvLog(_folder.Path))
        {
            var whole = new CurvePicture(_folder["whole.png"], "a");
            SimulatedTraining.Run(new TrainingObservers([log, whole]), 0, 20);
            whole.Ended(TrainingEnd.Finished, SimulatedTraining.At(20));
        }
        File.Delete(_folder["steps.csv"]);
        File.Delete(_folder["evaluations.csv"]);
        using (var log = new CsvLog(_folder.Path))
            SimulatedTraining.Run(log, 0, 13);
        using (var log = new CsvLog(_folder.Path))
        {
            var picture = new CurvePicture(_folder["later.png"], "a", _folder.Path);
            SimulatedTraining.Run(new TrainingObservers([log, picture]), 10, 20);
            picture.Ended(TrainingEnd.Finished, SimulatedTraining.At(20));
        }
        Assert.Equal(File.ReadAllBytes(_folder["whole.png"]), File.ReadAllBytes(_folder["later.png"]));
    }

    public static TheoryData<double[]> Oddities => new()
    {
        { [] },
        { [1] },
        { [double.NaN] },
        { [double.NaN, double.PositiveInfinity, 1, double.NegativeInfinity] },
        { [0, 0, 0] },
        { [1e300, -1e300] },
        { [1e-300, 2e-300] },
    };

    [Theory]
    [MemberData(nameof(Oddities))]
    public void Any_figures_can_be_drawn(double[] values)
    {
        (double, double)[] points = [.. values.Select((value, at) => ((double)at, value))];
        CurveFigure.Save(
            _folder["a.png"], "Größe, 漢字", "épòque",
            [new CurvePanel("loss", [new Curve("a", points), new Curve("ä", points)]), new CurvePanel("b", [new Curve("b", points)])]);
        using var drawn = SKBitmap.Decode(_folder["a.png"]);
        Assert.Equal(600, drawn.Height);
    }

    [Fact]
    public void A_long_curve_keeps_its_course_in_few_points()
    {
        var curve = new ThinnedCurve();
        for (var i = 0; i < 1_234_567; i++)
            curve.Add(i, 2.0 * i);
        Assert.InRange(curve.Points.Count, 500, 1001);
        Assert.All(curve.Points, point => Assert.Equal(2 * point.X, point.Y, 1e-3));
        Assert.True(curve.Points.Zip(curve.Points.Skip(1)).All(pair => pair.First.X < pair.Second.X));
    }

    [Fact]
    public void A_training_without_a_step_has_no_picture()
    {
        var picture = new CurvePicture(_folder["curves.png"], "a");
        picture.Started(SimulatedTraining.Plan());
        picture.Ended(TrainingEnd.Interrupted, default);
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void A_folder_that_is_none_is_named() => Assert.StartsWith(
        _folder["none", "a.png"] + ": ",
        Assert.Throws<RunFileException>(() => CurveFigure.Save(
            _folder["none", "a.png"], "a", "b", [new CurvePanel("loss", [])])).Message);
}
