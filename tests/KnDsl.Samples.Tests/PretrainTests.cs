using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;
using Xunit;

namespace KnDsl.Samples.Tests;

[Collection(nameof(DetectionSet))]
public sealed class PretrainTests(DetectionSet set)
{
    [Fact]
    public void Objects_are_told_from_each_other_and_a_detector_begins_with_the_weights()
    {
        var runs = set.In("pretrained");
        string[] small = ["--side", "32", "--batch", "4", "--warm-up", "0", "--readers", "1", "--jitter", "0", "--runs", runs];
        var (code, _, error) = DetectionSet.Run(["pretrain", "--data", set.Data, "--epochs", "8", .. small]);
        Assert.Equal((0, ""), (code, error));
        var run = Directory.GetDirectories(Path.Combine(runs, "Classification")).Single();
        // 8 images of which one is empty, two objects in each but for a crowd: 13, which are 3 batches.
        Assert.Equal(1 + 8 * 3, File.ReadLines(Path.Combine(run, "steps.csv")).Count());
        string[][] evaluations = [.. File.ReadLines(Path.Combine(run, "evaluations.csv")).Select(line => line.Split(','))];
        var column = Array.IndexOf(evaluations[0], "error");
        // Red and green are easily told.
        Assert.Equal(0, double.Parse(evaluations[^1][column], CultureInfo.InvariantCulture));

        var weights = DetectionSet.WeightsOf(run);
        Assert.Equal((0, ""), DetectionSet.Train(set.Data, set.In("finetuned"), "--weights", weights, "--trained-parts", "2"));
        (code, error) = DetectionSet.Train(set.Data, set.In("other"), "--weights", weights, "--backbone", "resnet50");
        Assert.Equal(1, code);
        Assert.StartsWith($"{weights}: does not fit the backbone: it has no backbone.body.", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Goes_on_where_it_was()
    {
        var runs = set.In("pretrained-on");
        string[] small = ["--side", "32", "--batch", "4", "--readers", "1", "--runs", runs, "--norm", "instance-kalman"];
        Assert.Equal(0, DetectionSet.Run(["pretrain", "--data", set.Data, "--epochs", "1", .. small]).Code);
        var run = Directory.GetDirectories(Path.Combine(runs, "Classification")).Single();
        var (code, _, error) = DetectionSet.Run("pretrain", "--resume", run, "--epochs", "2", "--allow-changes");
        Assert.Equal((0, ""), (code, error));
        Assert.Equal(1 + 2 * 3, File.ReadLines(Path.Combine(run, "steps.csv")).Count());
    }

    [Theory]
    [InlineData("needs a set with objects", "has no object, expected some to be told from each other")]
    [InlineData("frozen-batch", "What is frozen is not trained: choose batch")]
    [InlineData("group", "The statistics of Group are not of micro-batches.")]
    public void What_cannot_be_used_is_a_message(string norm, string expected)
    {
        var data = set.Copy();
        string[] with = ["--norm", norm, "--microbatch", "1"];
        if (norm == "needs a set with objects")
        {
            var json = Path.Combine(data, "annotations", "instances_train.json");
            var root = JsonNode.Parse(File.ReadAllText(json))!;
            root["annotations"] = new JsonArray();
            File.WriteAllText(json, root.ToJsonString());
            with = [];
        }
        var (code, _, error) = DetectionSet.Run(["pretrain", "--data", data, .. with]);
        Assert.Equal(1, code);
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }
}
