using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace KnDsl.Training.Tests.Runs;

/// <summary>The program of docs/training.md.</summary>
internal static class PageExample
{
    public sealed record TrainSettings
    {
        [Description("Passes through the images"), Range(1, 10_000)]
        public int Epochs { get; init; } = 10;

        [Range(0, double.PositiveInfinity, MinimumIsExclusive = true)]
        public double LearningRate { get; init; } = 0.1;

        [MayChange]
        public string Data { get; init; } = "data";
    }

    public static int Begin(string[] args) => TrainingCommand.Create<TrainSettings>("Trains a network.", Train).Run(args);

    private static int Train(TrainingStart<TrainSettings> start)
    {
        using var run = start.OpenRun("tiny", device: "cpu");
        return Fit(start.Settings, run.Checkpoints, run.Observers(new ConsoleProgress()));
    }

    private static int Fit(TrainSettings settings, string checkpoints, ITrainingObserver observer) => 0;
}
