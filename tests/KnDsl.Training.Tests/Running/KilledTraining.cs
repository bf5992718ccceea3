using System.IO;
using static TorchSharp.torch;

namespace KnDsl.Training.Tests.Running;

/// <summary>A training in a process of its own, which goes on from its last checkpoint wherever it was killed.</summary>
internal static class KilledTraining
{
    public static void Run(string checkpoints, string result)
    {
        set_num_threads(1);
        using var network = TinyTraining.Network();
        using var trainer = TinyTraining.Trainer(network, TinyTraining.Settings, checkpoints);
        trainer.Resume();
        trainer.Observers.Add(new Told());
        trainer.Fit(new TinyBatches(), () => TinyTraining.Evaluate(network));
        File.WriteAllText(result, TinyTraining.Bits(network));
    }

    /// <summary>Says on the standard output when a step or a checkpoint is done, by which the test times its kill.</summary>
    private sealed class Told : ITrainingObserver
    {
        public void Stepped(StepReport report) => System.Console.Out.WriteLine($"step {report.Position.Step}");

        public void Saved(string folder, TrainingPosition at) => System.Console.Out.WriteLine($"saved {at.Step}");
    }
}
