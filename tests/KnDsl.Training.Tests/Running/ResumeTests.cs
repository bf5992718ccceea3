using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Training.Tests.Running;

public sealed class ResumeTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("kndsl-resume-");

    public void Dispose() => folder.Delete(recursive: true);

    /// <summary>Kills land in steps, evaluations, the middle of a write and the start of the program, as they come.</summary>
    [Fact]
    public void A_training_that_is_killed_twenty_times_ends_with_the_same_bits()
    {
        var whole = In("whole.txt");
        using (var undisturbed = Start(In("undisturbed"), whole))
        {
            undisturbed.StandardOutput.ReadToEnd();
            undisturbed.WaitForExit();
            Assert.Equal(0, undisturbed.ExitCode);
        }

        var random = new Random(11);
        var (kills, sawWrite) = (0, false);
        var result = In("killed.txt");
        while (kills < 20)
        {
            using var process = Start(In("killed"), result);
            // After some lines, and then a moment that no line marks.
            for (var lines = random.Next(1, 4); lines > 0 && process.StandardOutput.ReadLine() is not null; lines--)
            {
            }

            // Every fourth kill waits until it sees a write that is going on.
            while (kills % 4 == 3 && !process.HasExited && !IsBeingWritten())
            {
            }

            Thread.Sleep(TimeSpan.FromMilliseconds(kills % 4 == 3 ? 0 : random.NextDouble() * 12));
            process.Kill();
            process.WaitForExit();
            kills++;
            sawWrite |= IsBeingWritten();
            if (File.Exists(result))
            {
                // It was done before the kill: the next one begins anew.
                Assert.Equal(File.ReadAllText(whole), File.ReadAllText(result));
                File.Delete(result);
                Directory.Delete(In("killed"), recursive: true);
            }
        }

        using var last = Start(In("killed"), result);
        last.StandardOutput.ReadToEnd();
        last.WaitForExit();
        Assert.Equal(0, last.ExitCode);
        Assert.Equal(File.ReadAllText(whole), File.ReadAllText(result));
        Assert.True(sawWrite, "no kill came in the middle of a write");
        Assert.False(IsBeingWritten());

        bool IsBeingWritten() => Directory.Exists(In("killed"))
            && Directory.EnumerateDirectories(In("killed")).Any(name => Path.GetFileName(name).StartsWith('.'));
    }

    [Fact]
    public void Every_checkpoint_leads_to_the_same_end()
    {
        var settings = TinyTraining.Settings with { KeepLast = 100 };
        using var network = TinyTraining.Network();
        set_num_threads(1);
        using (var trainer = TinyTraining.Trainer(network, settings, In("all")))
            Assert.Equal(TrainingEnd.Finished, trainer.Fit(new TinyBatches(), () => TinyTraining.Evaluate(network)));
        var expected = TinyTraining.Bits(network);

        var checkpoints = Directory.GetDirectories(In("all")).Order().ToArray();
        // Two within each epoch of twelve steps, and one at its end.
        Assert.Equal([5, 10, 12, 15, 20, 24, 25, 30, 35, 36], checkpoints.Select(path => int.Parse(Path.GetFileName(path)[5..])));
        foreach (var checkpoint in checkpoints)
        {
            using var again = TinyTraining.Network();
            using var trainer = TinyTraining.Trainer(
                again, settings with { CheckpointEverySteps = null }, In("again-" + Path.GetFileName(checkpoint)));
            Assert.True(trainer.Resume(checkpoint));
            trainer.Fit(new TinyBatches(), () => TinyTraining.Evaluate(again));
            Assert.Equal(expected, TinyTraining.Bits(again));
        }
    }

    [Fact]
    public void An_interrupted_training_writes_a_checkpoint_and_goes_on()
    {
        set_num_threads(1);
        using var whole = TinyTraining.Network();
        using (var trainer = TinyTraining.Trainer(whole, TinyTraining.Settings))
            trainer.Fit(new TinyBatches(), () => TinyTraining.Evaluate(whole));

        using var network = TinyTraining.Network();
        using (var trainer = TinyTraining.Trainer(network, TinyTraining.Settings, In("interrupted")))
        {
            using var source = new CancellationTokenSource();
            trainer.Observers.Add(new Canceling(source, afterStep: 17));
            Assert.Equal(TrainingEnd.Interrupted, trainer.Fit(new TinyBatches(), () => TinyTraining.Evaluate(network), source.Token));
            Assert.Equal(new TrainingPosition(17, 1, 5), trainer.Position);
        }

        using var next = TinyTraining.Network();
        using (var trainer = TinyTraining.Trainer(next, TinyTraining.Settings, In("interrupted")))
        {
            Assert.True(trainer.Resume());
            Assert.Equal(new TrainingPosition(17, 1, 5), trainer.Position);
            Assert.Equal(TrainingEnd.Finished, trainer.Fit(new TinyBatches(), () => TinyTraining.Evaluate(next)));
        }

        Assert.Equal(TinyTraining.Bits(whole), TinyTraining.Bits(next));
    }

    [Fact]
    public void A_training_that_ends_before_its_first_step_begins_anew()
    {
        using var network = TinyTraining.Network();
        using (var trainer = TinyTraining.Trainer(network, TinyTraining.Settings, In("early")))
        {
            Assert.Equal(
                TrainingEnd.Interrupted, trainer.Fit(new TinyBatches(), () => TinyTraining.Evaluate(network), new(canceled: true)));
        }

        Assert.Empty(Directory.GetDirectories(In("early")));
        using var again = TinyTraining.Trainer(network, TinyTraining.Settings, In("early"));
        Assert.False(again.Resume());
        Assert.Equal(TrainingEnd.Finished, again.Fit(new TinyBatches(), () => TinyTraining.Evaluate(network)));
    }

    /// <summary>The training comes to the same steps again, with other weights perhaps: those of before are none of its own.</summary>
    [Fact]
    public void Later_checkpoints_are_set_aside_where_an_earlier_one_is_gone_on_with()
    {
        using var network = TinyTraining.Network();
        using (var trainer = TinyTraining.Trainer(network, TinyTraining.Settings with { KeepLast = 100 }, In("earlier")))
            trainer.Fit(new TinyBatches(), () => TinyTraining.Evaluate(network));
        for (var time = 0; time < 2; time++)
        {
            using var trainer = TinyTraining.Trainer(network, TinyTraining.Settings with { KeepLast = 2 }, In("earlier"));
            trainer.Resume(Path.Combine(In("earlier"), "step-000000020"));
            using var source = new CancellationTokenSource();
            trainer.Observers.Add(new Canceling(source, afterStep: 23));
            trainer.Fit(new TinyBatches(), () => TinyTraining.Evaluate(network), source.Token);
            string[] names =
                [.. Directory.GetDirectories(In("earlier")).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
            Assert.Equal("step-000000023", names[^1]);
            Assert.Contains("replaced-step-000000036", names);
            Assert.Equal(time == 1, names.Contains("replaced-step-000000023"));
        }

        using var last = TinyTraining.Trainer(network, TinyTraining.Settings, In("earlier"));
        Assert.True(last.Resume());
        Assert.Equal(23, last.Position.Step);
    }

    [Fact]
    public void A_second_fit_after_a_resume_keeps_the_checkpoint_that_it_goes_on_from()
    {
        using var network = TinyTraining.Network();
        using (var first = TinyTraining.Trainer(network, TinyTraining.Settings with { Epochs = 1 }, In("twice")))
            first.Fit(new TinyBatches(), () => TinyTraining.Evaluate(network));
        using var trainer = TinyTraining.Trainer(network, TinyTraining.Settings with { Epochs = 2 }, In("twice"));
        Assert.True(trainer.Resume());
        for (var time = 0; time < 2; time++)
        {
            trainer.Fit(new TinyBatches(), () => TinyTraining.Evaluate(network));
            Assert.True(Directory.Exists(Path.Combine(In("twice"), "step-000000024")));
            Assert.Empty(Directory.GetDirectories(In("twice"), "replaced-*"));
        }
    }

    [Fact]
    public void Other_parameters_or_another_optimizer_are_not_gone_on_with()
    {
        using var network = TinyTraining.Network();
        var settings = TinyTraining.Settings with { Epochs = 1, Watch = null };
        using (var trainer = TinyTraining.Trainer(network, settings with { Frozen = ["conv1"] }, In("frozen")))
            trainer.Fit(new TinyBatches());
        Refuses(settings, "'conv1.weight' was frozen, and this training trains it: load the weights into a new training instead");
        Refuses(
            settings with { Frozen = ["conv1", "fc"] },
            "'fc.weight' was trained, and is frozen in this training: load the weights into a new training instead");
        Refuses(
            settings with { Frozen = ["conv1"], Optimizer = parameters => Optimizers.AdamW(parameters) },
            "it is of the optimizer SGD, and this is AdamW");

        void Refuses(TrainerSettings other, string problem)
        {
            using var next = TinyTraining.Network();
            var before = TinyTraining.Bits(next);
            using var trainer = TinyTraining.Trainer(next, other, In("frozen"));
            Assert.EndsWith(problem, Assert.Throws<CheckpointException>(() => trainer.Resume()).Message, StringComparison.Ordinal);
            Assert.Equal(before, TinyTraining.Bits(next));
        }
    }

    [Fact]
    public void Other_batches_are_not_gone_on_with()
    {
        using var network = TinyTraining.Network();
        using (var trainer = TinyTraining.Trainer(network, TinyTraining.Settings with { Epochs = 1 }, In("batches")))
            trainer.Fit(new TinyBatches(), () => TinyTraining.Evaluate(network));
        using var next = TinyTraining.Trainer(network, TinyTraining.Settings, In("batches"));
        next.Resume(Path.Combine(In("batches"), "step-000000010"));
        var problem = Assert.Throws<CheckpointException>(() => next.Fit(new Fewer(), () => TinyTraining.Evaluate(network)));
        Assert.EndsWith(
            ": an epoch of the checkpoint has 12 batches, and of this training 6: go on with the same data and batches, or begin anew",
            problem.Message);
    }

    private static Process Start(string checkpoints, string result) => Process.Start(
        new ProcessStartInfo(Workers.Command[0], [.. Workers.Command[1..], "killed", checkpoints, result])
        {
            RedirectStandardOutput = true,
        })!;

    private string In(string name) => Path.Combine(folder.FullName, name);

    private sealed class Fewer : IBatches<(Tensor Images, Tensor Labels)>
    {
        public long Count => 6;

        public IEnumerable<(Tensor Images, Tensor Labels)> Read(int epoch, long first = 0) => new TinyBatches().Read(epoch, first).Take(6);
    }

    private sealed class Canceling(CancellationTokenSource source, long afterStep) : ITrainingObserver
    {
        public void Stepped(StepReport report)
        {
            if (report.Position.Step == afterStep)
                source.Cancel();
        }
    }
}
