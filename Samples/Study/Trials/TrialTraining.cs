using System;
using System.Collections.Generic;
using System.Diagnostics;
using KnDsl.Samples.FashionMnist.Training;
using KnDsl.Samples.Study.Data;
using KnDsl.Samples.Study.Methods;
using KnDsl.Samples.Study.Networks;
using static TorchSharp.torch;

namespace KnDsl.Samples.Study.Trials;

/// <summary>Runs trials in this process.</summary>
/// <param name="folder">The folder of the data files.</param>
/// <param name="images">The number of training images.</param>
/// <param name="epochs">The epochs of a comparison; a rate is chosen after half as many.</param>
internal sealed class TrialTraining(string folder, int images, int epochs) : IDisposable
{
    private const int WarmUp = 50;

    private readonly Dictionary<string, StudyData> sets = [];

    /// <summary>Trains and tests a network as the trial says.</summary>
    public TrialResult Run(Trial trial)
    {
        if (!sets.TryGetValue(trial.Task.Set, out var data))
            sets.Add(trial.Task.Set, data = StudyData.Open(trial.Task.Set, folder, images));
        var (training, test) = data.For(trial.Purpose);
        // A smaller batch has as many more steps: each moves the weights by as much less, and the averages of statistics as well.
        var share = (double)trial.Task.Batch / Trial.WholeBatch;
        var settings = new Settings(
            trial.Purpose == Purpose.Rate ? Math.Max(1, epochs / 2) : epochs, trial.Task.Batch, trial.Rate * share, trial.Seed, CPU)
        {
            TestsEachEpoch = false,
            WarmUp = (int)(WarmUp / share),
        };
        var steps = settings.Epochs * settings.StepsPerEpoch(training.Count);
        var policy = Contestant.Parse(trial.Method).CreatePolicy(trial.Samples == 0 ? null : trial.Samples, steps);
        if (share < 1)
            policy = policy.With(momentum: 1 - Math.Pow(0.9, share));
        var create = StudyNetwork.Find(trial.Task.Network).Create;
        var clock = Stopwatch.StartNew();
        var outcome = new MethodTraining(training, test, settings).Train(
            new Course(new Method(trial.Method, policy)), policy => create(data.Colors, policy));
        return new TrialResult(trial, outcome.Error, outcome.Epochs[^1].Loss, clock.Elapsed);
    }

    public void Dispose()
    {
        foreach (var data in sets.Values)
            data.Dispose();
    }
}
