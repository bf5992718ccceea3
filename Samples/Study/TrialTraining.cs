using System;
using System.Diagnostics;
using KnDsl.Samples.FashionMnist;
using KnDsl.Samples.FashionMnist.Training;
using static TorchSharp.torch;

namespace KnDsl.Samples.Study;

/// <summary>Runs trials in this process.</summary>
/// <param name="data">The images to train and test on.</param>
/// <param name="epochs">The epochs of a comparison; a rate is chosen after half as many.</param>
internal sealed class TrialTraining(StudyData data, int epochs)
{
    /// <summary>Images per step.</summary>
    public const int Batch = 64;

    /// <summary>Trains and tests a network as the trial says.</summary>
    public TrialResult Run(Trial trial)
    {
        var (training, test) = data.For(trial.Purpose);
        var settings = new Settings(
            trial.Purpose == Purpose.Rate ? Math.Max(1, epochs / 2) : epochs, Batch, trial.Rate, trial.Seed, CPU)
        {
            TestsEachEpoch = false,
        };
        var steps = settings.Epochs * settings.StepsPerEpoch(training.Count);
        var policy = Contestant.Parse(trial.Method).CreatePolicy(trial.Samples == 0 ? null : trial.Samples, steps);
        var clock = Stopwatch.StartNew();
        var outcome = new Trainer(training, test, settings).Train(
            new Method(trial.Method, policy), policy => new ResNetCifar(policy: policy, device: CPU), new Observers());
        return new TrialResult(trial, outcome.Error, outcome.Epochs[^1].Loss, clock.Elapsed);
    }
}
