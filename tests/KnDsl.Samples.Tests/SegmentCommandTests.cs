using System;
using System.Globalization;
using System.IO;
using System.Linq;
using KnDsl.Samples.Detection.Generation;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.PixelFormats;
using Xunit;

namespace KnDsl.Samples.Tests;

[Collection(nameof(GeneratedCoco))]
public sealed class SegmentCommandTests(GeneratedCoco made)
{
    private static readonly string Preset = Path.Combine(Programs.Sample("Detection"), "presets", "segment-generated.json");

    [Theory]
    [InlineData("fcn")]
    [InlineData("deeplab-v3")]
    public void Trains_goes_on_evaluates_and_predicts(string network)
    {
        var (data, runs) = (Small(), made.In($"runs-{network}"));
        string[] small = ["--network", network, "--batch", "4", "--crop", "64", "--short-side", "80", "--warm-up", "0"];
        var (code, _, error) = GeneratedCoco.Run(
            ["segment", "train", "--config", Preset, "--data", data, "--epochs", "1", "--runs", runs, .. small]);
        Assert.Equal((0, ""), (code, error));
        var run = Directory.GetDirectories(Path.Combine(runs, "Segmentation")).Single();
        (code, _, error) = GeneratedCoco.Run("segment", "train", "--resume", run, "--epochs", "2", "--allow-changes");
        Assert.Equal((0, ""), (code, error));
        var evaluations = File.ReadAllLines(Path.Combine(run, "evaluations.csv"));
        Assert.Contains("mIoU", evaluations[0], StringComparison.Ordinal);
        Assert.Equal(1 + 2, evaluations.Length);
        Assert.Equal(1 + 4, File.ReadLines(Path.Combine(run, "steps.csv")).Count());

        // The settings and categories are those of the run.
        var weights = Directory.GetFiles(run, "weights.safetensors", SearchOption.AllDirectories).Order().Last();
        (code, var output, error) = GeneratedCoco.Run("segment", "evaluate", weights, "--data", data);
        Assert.Equal((0, ""), (code, error));
        Assert.Matches(@"(?m)^background +\d\.\d{3}  \d\.\d{3}$", output);
        var figures = evaluations[0].Split(',').Zip(evaluations[^1].Split(','))
            .ToDictionary(pair => pair.First, pair => double.Parse(pair.Second, CultureInfo.InvariantCulture));
        var last = FormattableString.Invariant(
            $"mean IoU {figures["mIoU"]:0.000}, pixel accuracy {figures["pixel-accuracy"]:0.000}, of 3 images");
        Assert.EndsWith(last, output, StringComparison.Ordinal);

        var image = Directory.GetFiles(Path.Combine(data, "val")).Order().First();
        (code, output, error) = GeneratedCoco.Run("segment", "predict", weights, image, "--output", made.In($"{network}.png"));
        Assert.Equal((0, ""), (code, error));
        Assert.EndsWith(made.In($"{network}.png"), output, StringComparison.Ordinal);
        using Image<Rgb24> before = Image.Load<Rgb24>(image), after = Image.Load<Rgb24>(made.In($"{network}.png"));
        Assert.Equal(before.Size(), after.Size());
    }

    [Fact]
    public void What_cannot_be_used_is_a_message()
    {
        var data = Small();
        File.WriteAllText(made.In("none.safetensors"), "no weights");
        foreach (var (arguments, expected) in new (string[], string)[]
        {
            (["train", "--data", made.In("missing")], $"{made.In("missing")}: there is no such folder"),
            (["train", "--data", data, "--crop", "100"], "crop"),
            (["train", "--data", data, "--classes", "voc"], "--classes is voc, and the set has no category with COCO's id 5."),
            (["train", "--data", data, "--norm", "frozen-batch"], "give --weights"),
            (["train", "--data", data, "--network", "deeplab-v3", "--norm", "instance"], "choose another norm, such as instance-kalman"),
            (["train", "--data", data, "--network", "deeplab-v3", "--norm", "batch", "--batch", "1"], "a single one is no statistic"),
            (["train", "--data", data, "--network", "deeplab-v3", "--norm", "batch", "--batch", "5", "--microbatch", "2"],
                "a single one is no statistic"),
            (["train", "--data", data, "--network", "deeplab-v3", "--norm", "frozen-batch", "--weights", "a", "--batch", "1"],
                "a single one is no statistic"),
            (["train", "--data", data, "--network", "deeplab-v3", "--norm", "synchronized-batch", "--batch", "1"],
                "--batch is 1 in a single process: DeepLab-v3 normalizes the means of images"),
            (["evaluate", made.In("missing.safetensors"), "--data", data], $"{made.In("missing.safetensors")}: there is no such file."),
            (["evaluate", made.In("none.safetensors"), "--data", data], made.In("none.safetensors")),
            (["predict", made.In("none.safetensors"), "a.jpg"], "--categories names a json with them."),
        })
        {
            var (code, _, error) = GeneratedCoco.Run(["segment", .. arguments, "--backbone", "small"]);
            Assert.Equal(1, code);
            Assert.Contains(expected, error, StringComparison.Ordinal);
        }
    }

    private string Small()
    {
        var data = made.In(Guid.NewGuid().ToString("N")[..8]);
        GenerateCommand.Make(data, made.Settings with { Train = 8, Val = 3, Unseen = 0 });
        return data;
    }
}
