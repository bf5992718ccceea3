using System;
using System.IO;
using System.Linq;
using KnDsl.Samples.Detection.Data;
using KnDsl.Samples.Detection.Settings;
using KnDsl.Training;
using KnDsl.Vision;
using Xunit;

namespace KnDsl.Samples.Tests;

/// <summary>What cannot be used is named, with what was found.</summary>
[Collection(nameof(DetectionSet))]
public sealed class DetectionInputTests(DetectionSet set)
{
    [Fact]
    public void A_folder_that_is_no_set_is_refused_before_a_run_begins()
    {
        var data = set.Copy();
        var json = Path.Combine(data, "annotations", "instances_val.json");
        var text = File.ReadAllText(json);
        File.WriteAllText(json, text[..(text.Length / 2)]);
        Refused($"{json}: is cut off after ", Train(data));

        File.Delete(json);
        Refused($"{data}: has no annotations/instances_val.json and no annotations/instances_val2017.json", Train(data));

        data = set.Copy();
        Directory.Move(Path.Combine(data, "train"), Path.Combine(data, "training"));
        Refused($"{Path.Combine(data, "train")}: there is no such folder, expected the images of ", Train(data));

        data = set.Copy();
        File.Delete(Path.Combine(data, "train", "3.ppm"));
        Refused($"{Path.Combine(data, "annotations", "instances_train.json")}: images[3] (id 13): ", Train(data));
        Assert.Equal((0, ""), Train(data, "--skip-damaged", "--batch", "1"));
        Assert.Single(Directory.GetDirectories(Path.Combine(set.In("refused"), "Detection")));
        Directory.Delete(set.In("refused"), recursive: true);
    }

    [Fact]
    public void A_batch_that_is_larger_than_the_set_is_refused_before_a_run_begins()
    {
        var (json, runs) = (Path.Combine(set.Data, "annotations", "instances_train.json"), set.In("too-large"));
        Refused(
            $"{json}: has 8 items, and a batch has 16: expected at least 16, or smaller batches",
            DetectionSet.Train(set.Data, runs, "--batch", "16"));
        Assert.False(Directory.Exists(runs));
    }

    /// <summary>The loader reads the next image in the place of one that is damaged: it must not count twice.</summary>
    [Fact]
    public void A_damaged_image_is_left_out_of_an_evaluation_and_listed()
    {
        var (data, results) = (set.Copy(), set.In("damaged.json"));
        var damaged = Path.Combine(data, "val", "2.ppm");
        File.WriteAllText(damaged, "no picture");
        string[] evaluate = ["evaluate", DetectionSet.WeightsOf(set.Trained), "--data", data, "--results", results];
        var (code, _, error) = DetectionSet.Run(evaluate);
        Refused($"{damaged}: is a text file", (code, error));

        (code, var output, error) = DetectionSet.Run([.. evaluate, "--skip-damaged"]);
        Assert.Equal((0, ""), (code, error));
        Assert.StartsWith($"skipped: {damaged}: is a text file", output, StringComparison.Ordinal);
        var found = CocoResults.Read(results, CocoAnnotations.Read(Path.Combine(data, "annotations", "instances_val.json"))).Results;
        Assert.NotEmpty(found);
        Assert.DoesNotContain(found, result => result.ImageId == 12);
        Assert.Equal(found.Count, found.Select(result => (result.ImageId, result.CategoryId, result.Box)).Distinct().Count());
    }

    [Fact]
    public void The_names_of_COCOs_files_are_known()
    {
        var data = set.Copy();
        foreach (var split in new[] { "train", "val" })
        {
            Directory.Move(Path.Combine(data, split), Path.Combine(data, $"{split}2017"));
            File.Move(
                Path.Combine(data, "annotations", $"instances_{split}.json"),
                Path.Combine(data, "annotations", $"instances_{split}2017.json"));
        }
        Assert.Equal((0, ""), DetectionSet.Train(data, set.In("2017"), "--network", "retinanet"));
    }

    [Fact]
    public void A_category_that_the_network_does_not_know_is_refused()
    {
        var data = set.Copy();
        var json = Path.Combine(data, "annotations", "instances_val.json");
        File.WriteAllText(json, File.ReadAllText(json).Replace("\"green\"", "\"blue\"", StringComparison.Ordinal));
        Refused($"{json}: categories[1] (id 7): ", Train(data));
        var weights = DetectionSet.WeightsOf(set.Trained);
        var (code, _, error) = DetectionSet.Run("evaluate", weights, "--data", data);
        Refused($"{json}: categories[1] (id 7): ", (code, error));

        json = Path.Combine(data, "annotations", "instances_train.json");
        File.WriteAllText(json, File.ReadAllText(json).Replace("\"green\"", "\"blue\"", StringComparison.Ordinal));
        (code, _, error) = DetectionSet.Run("train", "--resume", set.Trained, "--data", data, "--epochs", "2", "--allow-changes");
        Refused(
            $"{Path.Combine(set.Trained, "categories.json")}: this run knows 'green', which is no category of the set.", (code, error));
    }

    [Fact]
    public void Ids_that_are_no_labels_are_named()
    {
        CocoCategory[] categories = [new(0, "red", null, 0), new(7, "green", null, 1)];
        Assert.Equal(8, new LabelMap(categories, LabelKind.Ids, hasBackground: false).Classes);
        Assert.Equal(
            "--labels is ids, and 'red' has the id 0: expected ids from 1 on, since label 0 is the background, or --labels places.",
            Assert.Throws<SettingsException>(() => new LabelMap(categories, LabelKind.Ids, hasBackground: true)).Message);
        categories[0] = new(-2, "red", null, 0);
        Assert.Equal(
            "--labels is ids, and 'red' has the id -2: expected ids from 0 on, or --labels places.",
            Assert.Throws<SettingsException>(() => new LabelMap(categories, LabelKind.Ids, hasBackground: false)).Message);
    }

    [Theory]
    [InlineData("--norm is frozen-batch", "What is frozen has to come from somewhere: give --weights.", "--norm", "frozen-batch")]
    [InlineData("--trained-parts", "What is not trained has to come from somewhere", "--trained-parts", "3")]
    [InlineData("--head-norm", "Heads have no statistics to be frozen", "--head-norm", "frozen-batch")]
    [InlineData("--long-side", "It must be at least short-side.", "--long-side", "40")]
    [InlineData("--drops", "They must ascend.", "--drops", "0.6,0.3")]
    [InlineData("--microbatch", "are not of micro-batches.", "--norm", "group")]
    public void A_setting_that_cannot_be_is_named(string setting, string problem, params string[] arguments)
    {
        var (code, error) = Train(set.Data, arguments);
        Assert.Equal(1, code);
        Assert.Contains(problem, error, StringComparison.Ordinal);
        Assert.Contains(setting.Split(' ')[0].TrimStart('-'), error, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_that_do_not_fit_are_refused_with_their_name()
    {
        var weights = DetectionSet.WeightsOf(set.Trained);
        var none = set.In("none.safetensors");
        Refused($"{none}: there is no such file.", Train(set.Data, "--weights", none));
        Refused($"{none}: there is no such file.", Evaluate(none));
        Refused($"{weights}: does not fit RetinaNet: ", Evaluate(weights, "--network", "retinanet"));
        Refused($"{weights}: does not fit the detector: it has no ", Train(set.Data, "--weights", weights, "--network", "retinanet"));

        var text = set.In("text.safetensors");
        File.WriteAllText(text, "not a file of weights");
        Refused($"{text}: ", Train(set.Data, "--weights", text));
        var strange = set.In("strange.safetensors");
        SafetensorsFile.Write(strange, [new("some.weight", TorchSharp.torch.ones(2))]);
        Refused(
            $"{strange}: has neither backbone.body.conv1.weight, as detectors have, nor conv1.weight, as a residual network.",
            Train(set.Data, "--weights", strange));

        (int, string) Evaluate(string file, params string[] more)
        {
            var (code, _, error) = DetectionSet.Run(
                ["evaluate", file, "--data", set.Data, "--backbone", "small", "--short-side", "48", "--long-side", "64", .. more]);
            return (code, error);
        }
    }

    [Fact]
    public void An_image_and_categories_that_are_not_there_are_named()
    {
        var weights = DetectionSet.WeightsOf(set.Trained);
        var image = Path.Combine(set.Data, "val", "2.ppm");
        Refused("/nowhere.jpg: there is no such file", Predict(weights, "/nowhere.jpg"));
        var text = set.In("text.jpg");
        File.WriteAllText(text, "no picture");
        Refused($"{text}: is a text file", Predict(weights, text));
        Refused("/nowhere/a.png: the folder that it is in does not exist", Predict(weights, image, "--output", "/nowhere/a.png"));

        var elsewhere = set.In("elsewhere.safetensors");
        File.Copy(weights, elsewhere);
        Refused("--categories is missing: ", Predict(elsewhere, image));
        var json = Path.Combine(set.Data, "annotations", "instances_val.json");
        var (code, output, error) = DetectionSet.Run(
            "predict", elsewhere, image, "--categories", json, "--backbone", "small", "--output", set.In("elsewhere.png"));
        Assert.Equal((0, ""), (code, error));
        Assert.EndsWith($"drawn in {set.In("elsewhere.png")}", output, StringComparison.Ordinal);

        static (int, string) Predict(params string[] arguments)
        {
            var (code, _, error) = DetectionSet.Run(["predict", .. arguments]);
            return (code, error);
        }
    }

    private (int Code, string Error) Train(string data, params string[] more) => DetectionSet.Train(data, set.In("refused"), more);

    private static void Refused(string message, (int Code, string Error) found)
    {
        Assert.StartsWith(message, found.Error, StringComparison.Ordinal);
        Assert.Equal(1, found.Code);
    }
}
