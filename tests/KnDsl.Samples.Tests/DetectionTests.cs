using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using KnDsl.Samples.Detection.Detectors;
using KnDsl.Samples.Detection.Settings;
using KnDsl.Vision;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.PixelFormats;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Samples.Tests;

[Collection(nameof(DetectionSet))]
public sealed class DetectionTests(DetectionSet set)
{
    private static readonly string Presets = Path.Combine(Programs.Sample("Detection"), "presets");

    public static TheoryData<string> PresetFiles { get; } = [.. Directory.GetFiles(Presets).Select(file => Path.GetFileName(file))];

    [Fact]
    public void Trains_and_goes_on()
    {
        var runs = set.In("resumed");
        Assert.Equal((0, ""), DetectionSet.Train(set.Data, runs));
        var run = Directory.GetDirectories(Path.Combine(runs, "Detection")).Single();
        Assert.Equal(1 + 1, File.ReadLines(Path.Combine(run, "evaluations.csv")).Count());
        // As if it had died before they were written: its weights could not be used without them.
        File.Delete(Path.Combine(run, "categories.json"));
        var (code, _, error) = DetectionSet.Run("train", "--resume", run, "--epochs", "2", "--allow-changes");
        Assert.Equal((0, ""), (code, error));
        Assert.True(File.Exists(Path.Combine(run, "categories.json")));
        Assert.Equal(1 + 2, File.ReadLines(Path.Combine(run, "evaluations.csv")).Count());
        // 8 images are 4 batches of 2, the image without objects among them.
        Assert.Equal(1 + 2 * 4, File.ReadLines(Path.Combine(run, "steps.csv")).Count());
        Assert.Contains("mask-AP50", File.ReadLines(Path.Combine(run, "evaluations.csv")).First(), StringComparison.Ordinal);
    }

    [Fact]
    public void Evaluates_with_the_settings_of_the_run_and_writes_results()
    {
        var (weights, file) = (DetectionSet.WeightsOf(set.Trained), set.In("results.json"));
        var (code, output, error) = DetectionSet.Run("evaluate", weights, "--data", set.Data, "--results", file);
        Assert.Equal((0, ""), (code, error));
        // Twelve figures of boxes and twelve of masks.
        Assert.Equal(24, Regex.Matches(output, @"^(AP|AR)\w* +-?\d\.\d{3}$", RegexOptions.Multiline).Count);
        Assert.Contains("masks in 4 images", output, StringComparison.Ordinal);
        var annotations = CocoAnnotations.Read(Path.Combine(set.Data, "annotations", "instances_val.json"));
        Assert.All(CocoResults.Read(file, annotations).Results, result => Assert.NotNull(result.Mask));
    }

    [Fact]
    public void Draws_what_it_finds()
    {
        var (weights, picture) = (DetectionSet.WeightsOf(set.Trained), set.In("picture.png"));
        var image = Path.Combine(set.Data, "val", "2.ppm");
        var (code, output, error) = DetectionSet.Run("predict", weights, image, "--score", "0", "--output", picture);
        Assert.Equal((0, ""), (code, error));
        Assert.Matches(@"\n\d+ objects, drawn in ", output);
        using var drawn = Image.Load<Rgb24>(picture);
        Assert.Equal((DetectionSet.Width, DetectionSet.Height), (drawn.Width, drawn.Height));
        (code, output, _) = DetectionSet.Run("predict", weights, image, "--score", "1", "--output", set.In("none.png"));
        Assert.Equal(0, code);
        using var plain = Image.Load<Rgb24>(set.In("none.png"));
        Assert.StartsWith("0 objects", output, StringComparison.Ordinal);
        Assert.NotEqual(PixelsOf(plain), PixelsOf(drawn));
        Assert.Equal(new Rgb24(250, 110, 110), plain[10, 10]);
    }

    [Theory]
    [InlineData("retinanet", "kalman", "group")]
    [InlineData("retinanet", "group-kalman", "kalman")]
    [InlineData("faster-rcnn", "group", "kalman")]
    [InlineData("mask-rcnn", "batch", "instance-kalman")]
    public void Every_detector_trains_with_norms_in_its_heads(string network, string norm, string heads)
    {
        string[] statistics = norm is "kalman" or "batch" ? [] : ["--microbatch", "none"];
        Assert.Equal((0, ""), DetectionSet.Train(
            set.Data, set.In($"{network}-{norm}"), ["--network", network, "--norm", norm, "--head-norm", heads, .. statistics]));
    }

    [Fact]
    public void Frozen_norms_and_parts_stay_as_they_were()
    {
        var (begun, runs) = (DetectionSet.WeightsOf(set.Trained), set.In("frozen"));
        Assert.Equal((0, ""), DetectionSet.Train(
            set.Data, runs, "--norm", "frozen-batch", "--microbatch", "none", "--trained-parts", "3", "--weights", begun));
        var run = Directory.GetDirectories(Path.Combine(runs, "Detection")).Single();
        CheckFrozen(Changed(begun, DetectionSet.WeightsOf(run)));

        // One that died before its first checkpoint begins anew, with the given weights again.
        foreach (var checkpoint in Directory.GetDirectories(Path.Combine(run, "checkpoints")))
            Directory.Delete(checkpoint, recursive: true);
        var (code, _, error) = DetectionSet.Run("train", "--resume", run);
        Assert.Equal((0, ""), (code, error));
        CheckFrozen(Changed(begun, DetectionSet.WeightsOf(run)));
    }

    private static void CheckFrozen(string[] changed)
    {
        Assert.DoesNotContain(changed, name => Regex.IsMatch(name, @"^backbone\.body\..*(bn\d|downsample\.1)\."));
        Assert.DoesNotContain(changed, name => Regex.IsMatch(name, @"^backbone\.body\.(conv1|layer1)\."));
        Assert.Contains("backbone.body.layer2.0.conv1.weight", changed);
        Assert.Contains("roi_heads.mask_predictor.mask_fcn_logits.weight", changed);
    }

    [Fact]
    public async Task Two_processes_train_together()
    {
        var runs = set.In("two");
        var (code, output, errors) = await Programs.Run(
            "Detection", "train", "--config", DetectionSet.Preset, "--data", set.Data, "--epochs", "1", "--batch", "1",
            "--short-side", "48", "--long-side", "64", "--readers", "1", "--runs", runs, "--norm", "synchronized-batch",
            "--microbatch", "none", "--processes", "2");
        Assert.True(code == 0, output + errors);
        var run = Directory.GetDirectories(Path.Combine(runs, "Detection")).Single();
        Assert.Equal(1 + 4, File.ReadLines(Path.Combine(run, "steps.csv")).Count());
        Assert.Equal(1 + 1, File.ReadLines(Path.Combine(run, "evaluations.csv")).Count());
    }

    /// <summary>Settings are read before the data.</summary>
    [Theory]
    [MemberData(nameof(PresetFiles))]
    public void A_preset_can_be_read(string file)
    {
        string[] command = file.StartsWith("segment", StringComparison.Ordinal) ? ["segment", "train"] : ["train"];
        var (code, _, error) = DetectionSet.Run([.. command, "--config", Path.Combine(Presets, file), "--data", "/nowhere"]);
        Assert.Equal((1, "/nowhere: there is no such folder"), (code, error));
    }

    [Fact]
    public void Weights_of_classifiers_and_of_detectors_with_other_classes_are_what_a_training_begins_with()
    {
        using var scope = NewDisposeScope();
        using var other = Small(classes: 9);
        var before = Values(other);
        var (detector, classifier) = (DetectionSet.WeightsOf(set.Trained), set.In("classifier.safetensors"));
        InitialWeights.Begin(other.Network, detector);
        var changed = Values(other).Where(entry => !entry.Value.SequenceEqual(before[entry.Key])).Select(entry => entry.Key).ToArray();
        Assert.Contains("roi_heads.box_head.fc6.weight", changed);
        Assert.DoesNotContain("roi_heads.box_predictor.cls_score.weight", changed);

        const string Body = "backbone.body.";
        SafetensorsFile.Write(classifier, [
            .. other.Network.state_dict().Where(entry => entry.Key.StartsWith(Body, StringComparison.Ordinal))
                .Select(entry => KeyValuePair.Create(entry.Key[Body.Length..], entry.Value)),
            KeyValuePair.Create("fc.weight", ones(2, 2))]);
        using var begun = Small(classes: 3);
        InitialWeights.Begin(begun.Network, classifier);
        Assert.Equal(Values(other)[Body + "layer4.0.conv2.weight"], Values(begun)[Body + "layer4.0.conv2.weight"]);
    }

    /// <summary>The files that torchvision published in 2018 have them; its own classes rename them as they load.</summary>
    [Fact]
    public void Names_of_2018_are_known()
    {
        using var scope = NewDisposeScope();
        using var mask = Small(classes: 3);
        using var retina = new RetinaNetDetector(DetectorShape.Of(BackboneKind.Small), 3, new(NormPolicy.Batch()), CPU);
        foreach (var detector in new Detector[] { mask, retina })
        {
            var old = set.In("old.safetensors");
            var tensors = detector.Network.state_dict().Select(entry => KeyValuePair.Create(OldName(entry.Key), entry.Value)).ToArray();
            Assert.Contains(tensors, entry => entry.Key is "rpn.head.conv.weight" or "head.regression_head.conv.2.bias");
            SafetensorsFile.Write(old, tensors);
            InitialWeights.Load(detector.Network, old);
        }

        static string OldName(string name)
        {
            name = Regex.Replace(name, @"_blocks\.(\d)\.0\.", "_blocks.$1.");
            name = name.Replace("rpn.head.conv.0.0.", "rpn.head.conv.", StringComparison.Ordinal);
            name = Regex.Replace(name, @"mask_head\.(\d)\.0\.", match => $"mask_head.mask_fcn{int.Parse(match.Groups[1].Value) + 1}.");
            return Regex.Replace(name, @"_head\.conv\.(\d)\.0\.", match => $"_head.conv.{2 * int.Parse(match.Groups[1].Value)}.");
        }
    }

    private static FasterRcnnDetector Small(int classes) =>
        new(DetectorShape.Of(BackboneKind.Small), classes, hasMasks: true, new(NormPolicy.Kalman()), CPU);

    private static Dictionary<string, byte[]> Values(Detector detector) =>
        detector.Network.state_dict().ToDictionary(entry => entry.Key, entry => entry.Value.bytes.ToArray());

    private static string[] Changed(string first, string second)
    {
        using var scope = NewDisposeScope();
        using var before = SafetensorsFile.Open(first);
        using var after = SafetensorsFile.Open(second);
        return [.. before.Entries.Where(entry => !before.Read(entry.Name).equal(after.Read(entry.Name)).all().item<bool>())
            .Select(entry => entry.Name)];
    }

    private static Rgb24[] PixelsOf(Image<Rgb24> image) =>
        [.. Enumerable.Range(0, image.Width * image.Height).Select(i => image[i % image.Width, i / image.Width])];
}
