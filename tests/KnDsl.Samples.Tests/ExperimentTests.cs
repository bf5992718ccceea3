using System;
using System.IO;
using System.Linq;
using KnDsl.Samples.Detection.Experiment;
using KnDsl.Samples.Detection.Settings;
using KnDsl.Training;
using Xunit;

namespace KnDsl.Samples.Tests;

[Collection(nameof(DetectionSet))]
public sealed class ExperimentTests(DetectionSet set)
{
    [Fact]
    public void Trains_all_cases_goes_on_and_reports()
    {
        // A batch of the classifier has 32 objects.
        var (data, folder) = (set.Copy(training: 20), set.In("experiment"));
        string[] arguments =
        [
            "experiment", "--data", data, "--output", folder, "--seeds", "1", "--epochs", "1", "--pretrain-epochs", "1",
            "--short-side", "48", "--norms", "kalman", "synchronized-batch",
        ];
        var (code, output, error) = DetectionSet.Run(arguments);
        Assert.Equal((0, ""), (code, error));
        string[] names =
        [
            "kalman-1-scratch-1", "kalman-2-scratch-1", "kalman-1-finetuned-1", "kalman-2-finetuned-1", "synchronized-batch-2-finetuned-1",
        ];
        Assert.All(names, name => Assert.Contains($"{name}: AP ", output, StringComparison.Ordinal));
        Assert.Contains("| synchronized-batch | | | |", output, StringComparison.Ordinal);
        Assert.True(new FileInfo(Path.Combine(folder, "experiment.png")).Length > 10_000);
        Assert.Equal(
            names.Order(), File.ReadLines(Path.Combine(folder, "trainings.csv")).Skip(2).Select(line => line.Split(',')[0]).Order());
        // Fine-tuned detectors begin with the classifier of their normalization.
        Assert.Equal(
            ["classifier-batch", "classifier-kalman"],
            Directory.GetDirectories(Path.Combine(folder, "trainings"), "classifier-*").Select(Path.GetFileName).Order());

        // Nothing is trained again, and a line that was cut off is that of a training that is looked at again.
        var log = Path.Combine(folder, "trainings.csv");
        var whole = File.ReadAllText(log);
        File.WriteAllText(log, whole[..^5]);
        (code, output, error) = DetectionSet.Run(arguments);
        Assert.Equal((0, ""), (code, error));
        Assert.Single(names, name => output.Contains($"{name}: AP ", StringComparison.Ordinal));
        Assert.Equal(whole.Split('\n').Length, File.ReadAllText(log).Split('\n').Length);

        (code, _, error) = DetectionSet.Run([.. arguments, "--report", "true"]);
        Assert.Equal((0, ""), (code, error));
        (code, _, error) = DetectionSet.Run("experiment", "--data", data, "--output", folder, "--epochs", "2");
        Assert.Equal(1, code);
        Assert.Contains("Name another folder, or use the same settings.", error, StringComparison.Ordinal);
    }

    [Fact]
    public void An_output_that_cannot_be_made_is_named()
    {
        File.WriteAllText(set.In("file"), "");
        var (code, _, error) = DetectionSet.Run("experiment", "--data", set.Data, "--output", set.In("file"));
        Assert.Equal((1, $"{set.In("file")}: this is a file, expected a folder."), (code, error));
    }

    [Fact]
    public void The_page_has_the_table_of_the_committed_trainings()
    {
        var sample = Programs.Sample("Detection");
        var copy = set.In("committed.csv");
        File.Copy(Path.Combine(sample, "results", "trainings.csv"), copy);
        var log = new ResultLog<ExperimentTrial, ExperimentResult>(
            copy, new ExperimentSettings { Data = "runs/coco" }.Shape, ExperimentResult.Format);
        var table = ExperimentReport.Table(log.Results);
        Assert.Equal(File.ReadAllText(Path.Combine(sample, "results", "experiment.md")), table);
        Assert.Contains(table[..table.IndexOf("\n\n", StringComparison.Ordinal)], File.ReadAllText(Path.Combine(sample, "README.md")),
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_cases_are_those_of_the_paper_and_the_table_has_each()
    {
        Assert.Equal(23, ExperimentCase.All.Count);
        Assert.Equal(ExperimentCase.All.Count, ExperimentCase.All.Distinct().Count());
        Assert.Equal(2, Assert.Single(ExperimentCase.All, of => of.Processes > 1).Processes);
        ExperimentResult[] results =
        [
            new(new(new(NormKind.Kalman, 1, IsFinetuned: false), 1), 0.25, 0.5, 10),
            new(new(new(NormKind.Kalman, 1, IsFinetuned: false), 2), 0.35, 0.6, 12),
            new(new(new(NormKind.FrozenBatch, 2, IsFinetuned: true), 1), 0.125, 0.25, 8),
        ];
        Assert.Equal(
            """
            | AP of boxes | 1 image, from scratch | 2 images, from scratch | 1 image, fine-tuned | 2 images, fine-tuned |
            |---|---|---|---|---|
            | kalman | 0.300 (0.250 to 0.350) | | | |
            | frozen-batch | | | | 0.125 |

            3 trainings, 1 to 2 seeds a case; 30 minutes in all.

            """, ExperimentReport.Table(results));
    }
}
