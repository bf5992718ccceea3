using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using KnDsl.Training.Tests.Running;
using Xunit;

namespace KnDsl.Training.Tests.Checkpoints;

public sealed class CheckpointTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("kndsl-checkpoint-");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public void The_last_ones_and_the_best_are_kept()
    {
        using var network = TinyTraining.Network();
        using var trainer = TinyTraining.Trainer(
            network, TinyTraining.Settings with { CheckpointEverySteps = 5, KeepLast = 2, Epochs = 3 }, folder.FullName);
        double[] errors = [0.1, 0.3, 0.2];
        var evaluation = 0;
        trainer.Fit(new TinyBatches(), () => Error(errors[evaluation++]));
        Assert.Equal(["step-000000012", "step-000000035", "step-000000036"], Names());
        Assert.Equal(
            ["average.safetensors", "optimizer.safetensors", "state.json", "weights.safetensors"],
            Directory.GetFiles(Path.Combine(folder.FullName, "step-000000036")).Select(path => Path.GetFileName(path)!).Order());
    }

    /// <summary>As under a wrong permission, or on a network's disk: here, the name of a file in it is none in .NET.</summary>
    [Fact]
    public void One_that_cannot_be_deleted_ends_no_training_and_hinders_no_resume()
    {
        var notices = new StringWriter();
        var all = new CheckpointFolder(folder.FullName, notices: new Notices(notices));
        var old = all.Write(5, into => File.WriteAllText(Path.Combine(into, "state.json"), ""));
        Run($"touch '{old}/'$'\\xff'");
        try
        {
            all.Delete([old]);
            Assert.Empty(all.All);
            all.Delete([]);
            Assert.Matches(
                @"^\s*\S+\.deleting-step-000000005-\w{32}: the checkpoint cannot be deleted: .*\. The training goes on\.\s*$",
                notices.ToString());
            Assert.Empty(new CheckpointFolder(folder.FullName, notices: new Notices(notices)).All);
        }
        finally
        {
            Run($"rm -rf '{folder.FullName}'/.deleting-*");
        }

        static void Run(string command) => Process.Start("bash", ["-c", command]).WaitForExit();
    }

    [Fact]
    public void A_new_training_does_not_mix_with_another()
    {
        Written();
        using var network = TinyTraining.Network();
        using var trainer = TinyTraining.Trainer(network, TinyTraining.Settings, folder.FullName);
        var problem = Assert.Throws<CheckpointException>(() => trainer.Fit(new TinyBatches(), () => TinyTraining.Evaluate(network)));
        Assert.Equal(
            $"{folder.FullName}: it holds the checkpoints of a training (step-000000012 is the last): resume that one, or name another "
            + "folder",
            problem.Message);
    }

    [Fact]
    public void Without_a_checkpoint_there_is_nothing_to_resume()
    {
        using var network = TinyTraining.Network();
        using var trainer = TinyTraining.Trainer(network, TinyTraining.Settings, folder.FullName);
        Assert.False(trainer.Resume());
        var problem = Assert.Throws<CheckpointException>(() => trainer.Resume(Path.Combine(folder.FullName, "step-1")));
        Assert.EndsWith("step-1: there is no such folder; expected a checkpoint, such as checkpoints/step-000000120", problem.Message);
    }

    [Theory]
    [InlineData("weights.safetensors", "cut", "it has 100 bytes and was written with ")]
    [InlineData("optimizer.safetensors", "flip", "its content is not what was written: it was damaged or changed")]
    [InlineData("average.safetensors", "delete", "it is missing from the checkpoint")]
    [InlineData("state.json", "cut", "it is damaged: ")]
    [InlineData("state.json", "delete", "it holds no state.json; expected a checkpoint")]
    [InlineData("state.json", "format", "it has the form 9, and this program reads 1: use the version that wrote it")]
    [InlineData("state.json", "member", "it is damaged: The JSON property 'colour' could not be mapped")]
    public void A_damaged_checkpoint_is_refused_and_changes_nothing(string file, string damage, string message)
    {
        var checkpoint = Written();
        var path = Path.Combine(checkpoint, file);
        switch (damage)
        {
            case "cut":
                File.WriteAllBytes(path, File.ReadAllBytes(path)[..100]);
                break;
            case "flip":
                var bytes = File.ReadAllBytes(path);
                bytes[^5] ^= 1;
                File.WriteAllBytes(path, bytes);
                break;
            case "delete":
                File.Delete(path);
                break;
            case "format":
                File.WriteAllText(path, File.ReadAllText(path).Replace("\"format\": 1", "\"format\": 9"));
                break;
            default:
                File.WriteAllText(path, File.ReadAllText(path).Replace("\"format\": 1", "\"colour\": 1, \"format\": 1"));
                break;
        }

        using var network = TinyTraining.Network();
        var before = TinyTraining.Bits(network);
        using var trainer = TinyTraining.Trainer(network, TinyTraining.Settings, folder.FullName);
        var problem = Assert.Throws<CheckpointException>(() => trainer.Resume());
        Assert.StartsWith(checkpoint, problem.Message);
        Assert.Contains(message, problem.Message);
        Assert.Equal(before, TinyTraining.Bits(network));
        Assert.Equal(default, trainer.Position);
    }

    [Fact]
    public void A_checkpoint_of_another_training_is_refused_and_changes_nothing()
    {
        Written();
        using var network = TinyTraining.Network();
        var before = TinyTraining.Bits(network);
        Check(
            TinyTraining.Settings with { AverageDecay = null },
            "it has average.safetensors: the training kept a moving average of the weights, and this one does not");
        Check(
            TinyTraining.Settings with { Optimizer = parameters => Optimizers.AdamW(parameters) },
            "it is of the optimizer SGD, and this is AdamW");
        Check(TinyTraining.Settings with { Frozen = ["conv1"] }, "'conv1.weight' was trained, and is frozen in this training");
        Assert.Equal(before, TinyTraining.Bits(network));

        using var larger = new Tiny(classes: 5);
        using var trainer = TinyTraining.Trainer(larger, TinyTraining.Settings, folder.FullName);
        Assert.Contains(
            "fc.weight.momentum_buffer' has the shape [3, 8], and its parameter [5, 8]",
            Assert.Throws<CheckpointException>(() => trainer.Resume()).Message);

        void Check(TrainerSettings settings, string message)
        {
            using var other = TinyTraining.Network();
            using var trainer = TinyTraining.Trainer(other, settings, folder.FullName);
            Assert.Contains(message, Assert.Throws<CheckpointException>(() => trainer.Resume()).Message);
        }
    }

    [Fact]
    public void AdamW_goes_on_as_well()
    {
        TorchSharp.torch.set_num_threads(1);
        var settings = TinyTraining.Settings with
        {
            LearningRate = 0.01,
            Optimizer = parameters => Optimizers.AdamW(parameters),
            KeepLast = 99,
        };
        using var whole = TinyTraining.Network();
        using (var trainer = TinyTraining.Trainer(whole, settings, folder.FullName))
            trainer.Fit(new TinyBatches(), () => TinyTraining.Evaluate(whole));
        using var next = TinyTraining.Network();
        using var goesOn = TinyTraining.Trainer(next, settings, folder.FullName + "-next");
        goesOn.Resume(Path.Combine(folder.FullName, "step-000000020"));
        goesOn.Fit(new TinyBatches(), () => TinyTraining.Evaluate(next));
        Directory.Delete(folder.FullName + "-next", recursive: true);
        Assert.Equal(TinyTraining.Bits(whole), TinyTraining.Bits(next));
    }

    [Fact]
    public void A_folder_that_cannot_be_written_is_named()
    {
        var file = Path.Combine(folder.FullName, "file");
        File.WriteAllText(file, "");
        using var network = TinyTraining.Network();
        var problem = Assert.Throws<CheckpointException>(
            () => TinyTraining.Trainer(network, TinyTraining.Settings, Path.Combine(file, "checkpoints")));
        Assert.StartsWith($"{Path.Combine(file, "checkpoints")}: the checkpoint cannot be written: ", problem.Message);
    }

    private string Written()
    {
        using var network = TinyTraining.Network();
        using var trainer = TinyTraining.Trainer(
            network, TinyTraining.Settings with { Epochs = 1, CheckpointEverySteps = null }, folder.FullName);
        trainer.Fit(new TinyBatches(), () => TinyTraining.Evaluate(network));
        return Path.Combine(folder.FullName, "step-000000012");
    }

    private static System.Collections.Generic.Dictionary<string, double> Error(double value) => new() { ["error"] = value };

    private string[] Names() => [.. Directory.GetDirectories(folder.FullName).Select(path => Path.GetFileName(path)!).Order()];
}
