using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Xunit;

namespace KnDsl.Training.Tests;

/// <summary>The trainer in several processes.</summary>
public sealed class DistributedTrainerTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("kndsl-trainer-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(2, 2)]
    [InlineData(2, 1)]
    [InlineData(1, 2)]
    [InlineData(4, 2)]
    public async Task It_goes_on_in_as_many_processes_as_there_are(int before, int after)
    {
        await Run(1, "whole", 0);
        var expected = Values("whole");
        Assert.Equal("Finished", expected.End);

        await Run(before, "parts", 11);
        Assert.Equal("Interrupted", Values("parts").End);
        // In the middle of the second epoch, whoever was asked to end and whoever's clock said that it is time.
        Assert.Equal(
            ["step-000000010", "step-000000011"],
            Directory.GetDirectories(In("parts")).Select(path => Path.GetFileName(path)).Except(["step-000000008"]).Order());
        var results = await Run(after, "parts", 0);
        // The gradients, and one question: whether to end or to write a checkpoint.
        var operations = after == 1 ? "0 operations" : "2 operations";
        Assert.All(results, result => Assert.Contains(operations, result.Output, StringComparison.Ordinal));
        var found = Values("parts");
        Assert.Equal("Finished", found.End);
        Assert.True(expected.Numbers.Zip(found.Numbers).Max(pair => Math.Abs(pair.First - pair.Second)) < 1e-9);
    }

    /// <summary>The layer is looked for in that process alone: the others, in the middle of their step, exchange other things.</summary>
    [Fact]
    public async Task A_loss_that_is_not_finite_in_one_process_is_an_error_in_all()
    {
        var results = await Workers.Run(2, "not-finite");
        Assert.All(results, result => Assert.Equal(WorkerProgram.ErrorCode, result.ExitCode));
        Assert.StartsWith("TrainingException: step 1 (epoch 1, batch 1): the loss is NaN", results[1].Error, StringComparison.Ordinal);
        // In its backward pass, whose exceptions come through native code.
        Assert.StartsWith("The gradient of a layer failed: On rank 0", results[0].Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Processes_that_would_go_on_from_different_places_say_so()
    {
        await Run(1, "seen", 11);
        var results = await Workers.Run(2, "places", In("seen"), In("places.txt"));
        Assert.All(results, result =>
        {
            Assert.Equal(WorkerProgram.ErrorCode, result.ExitCode);
            Assert.StartsWith(
                "DistributedException: Rank 1 would go on from the beginning, and rank 0 after step 11 (epoch 2, batch 3). All processes "
                + "have to resume from the same checkpoint", result.Error, StringComparison.Ordinal);
        });
        Assert.False(File.Exists(In("places.txt")));
    }

    [Fact]
    public async Task The_loss_of_an_epoch_is_that_of_all_processes()
    {
        var one = LossesOf(Assert.Single(await Run(1, "one", 0)));
        Assert.Equal(3, one.Length);
        foreach (var result in await Run(2, "two", 0))
            Assert.All(one.Zip(LossesOf(result)), pair => Assert.Equal(pair.First, pair.Second, 1e-5));

        // The second epoch in parts, of other processes: its checkpoint has the losses of both.
        await Run(2, "parts", 11);
        foreach (var result in await Run(2, "parts", 0))
            Assert.All(one[1..].Zip(LossesOf(result)), pair => Assert.Equal(pair.First, pair.Second, 1e-5));

        static double[] LossesOf(WorkerResult result) =>
        [
            .. result.Output.Split('\n').Single(line => line.StartsWith("losses ", StringComparison.Ordinal)).Split(' ')[1..]
                .Select(text => double.Parse(text, CultureInfo.InvariantCulture)),
        ];
    }

    private async Task<WorkerResult[]> Run(int size, string name, int interruptedAfter)
    {
        var results = await Workers.Run(size, "trainer", In(name), In(name + ".txt"), $"{interruptedAfter}");
        Assert.All(results, result => Assert.True(result.ExitCode == 0, result.ToString()));
        return results;
    }

    private (string End, double[] Numbers) Values(string name)
    {
        var lines = File.ReadAllLines(In(name + ".txt"));
        return (lines[0], [.. lines[1..].Select(line => double.Parse(line, CultureInfo.InvariantCulture))]);
    }

    private string In(string name) => Path.Combine(_folder.FullName, name);
}
