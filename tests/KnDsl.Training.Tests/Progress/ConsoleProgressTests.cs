using System;
using System.IO;
using System.Linq;
using Xunit;

namespace KnDsl.Training.Tests.Progress;

public sealed class ConsoleProgressTests
{
    private readonly StringWriter _output = new();

    [Fact]
    public void Outside_of_a_terminal_there_is_a_line_at_times_and_after_evaluations()
    {
        var progress = new ConsoleProgress(_output, interval: TimeSpan.FromSeconds(3));
        SimulatedTraining.Run(progress, 0, 20);
        progress.Ended(TrainingEnd.Finished, SimulatedTraining.At(20));
        var lines = _output.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("4 epochs of 5 batches, 20 steps", lines[0]);
        Assert.StartsWith(
            "epoch 1/4 20 %  step 1  loss 2  lr 0.095  64 samples/s  0:00:09 left  waited 10 %  memory ", lines[1]);
        Assert.Equal("evaluated after step 5: error 20  loss 0.6  (best)", lines[2]);
        Assert.Equal("finished after step 20, 0:00:10 after it began", lines[^1]);
        Assert.Equal(7, lines.Length);
    }

    [Fact]
    public void A_training_that_goes_on_says_where_and_counts_its_own_time()
    {
        var progress = new ConsoleProgress(_output, interval: TimeSpan.Zero);
        SimulatedTraining.Run(progress, 12, 16);
        var lines = _output.ToString().Split(Environment.NewLine);
        Assert.Equal("4 epochs of 5 batches, 20 steps, from step 12 on (epoch 3)", lines[0]);
        Assert.Contains("step 13 ", lines[1]);
        Assert.Contains("64 samples/s  0:00:03 left", lines[1]);
    }

    [Fact]
    public void A_training_that_is_done_says_so()
    {
        SimulatedTraining.Run(new ConsoleProgress(_output, interval: TimeSpan.Zero), 20, 20);
        Assert.Equal("4 epochs of 5 batches, 20 steps, all of which are done", _output.ToString().Trim());
    }

    [Fact]
    public void In_a_terminal_one_line_moves_and_fits()
    {
        var progress = new ConsoleProgress(_output, () => 40);
        SimulatedTraining.Run(progress, 0, 7);
        progress.Ended(TrainingEnd.Interrupted, SimulatedTraining.At(7));
        var text = _output.ToString();
        Assert.Equal(7, text.Split("\repoch").Length - 1);
        Assert.All(text.Split('\r', '\n').Where(part => part.StartsWith("epoch")), part => Assert.Equal(39, part.Length));
        // A whole line begins at the left of an empty one.
        Assert.Contains("\r" + new string(' ', 39) + "\revaluated after step 5", text);
        Assert.EndsWith("interrupted after step 7, 0:00:03 after it began" + Environment.NewLine, text);
    }

    [Fact]
    public void An_evaluations_time_is_not_in_the_rate()
    {
        var progress = new ConsoleProgress(_output, interval: TimeSpan.Zero);
        progress.Started(SimulatedTraining.Plan());
        progress.Stepped(SimulatedTraining.Step(1));
        progress.Evaluated(SimulatedTraining.Evaluation(1) with { Elapsed = TimeSpan.FromSeconds(100) });
        progress.Stepped(SimulatedTraining.Step(2) with { Elapsed = TimeSpan.FromSeconds(100.5) });
        Assert.Contains("64 samples/s", _output.ToString().Split(Environment.NewLine)[3]);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(3, 0)]
    [InlineData(1, 1)]
    public void A_plan_of_nothing_is_no_reason_to_fail(int epochs, long batches)
    {
        var progress = new ConsoleProgress(_output, interval: TimeSpan.Zero);
        progress.Started(new TrainingPlan(default, epochs, batches, 0));
        progress.Stepped(SimulatedTraining.Step(1) with { Elapsed = TimeSpan.Zero, Loss = double.NaN });
        progress.Ended(TrainingEnd.Failed, default);
        Assert.Contains("loss NaN", _output.ToString());
        Assert.DoesNotContain(" 1 epochs", " " + _output);
    }
}
