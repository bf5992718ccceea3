using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Threading;
using KnDsl.Samples.FashionMnist.Data;
using KnDsl.Samples.FashionMnist.Training;
using static TorchSharp.torch;

namespace KnDsl.Samples.FashionMnist.Study;

/// <summary>Makes the trials of a study, several at a time, each on one thread.</summary>
/// <param name="plan">Which trials.</param>
/// <param name="log">Where results go, and where those are that need not be made again.</param>
/// <param name="data">What to train and test on.</param>
/// <param name="epochs">Of a comparison; a rate is chosen in half as many.</param>
internal sealed class StudyRun(StudyPlan plan, TrialLog log, StudyData data, int epochs)
{
    public const int Batch = 64;

    private readonly object gate = new();
    private readonly HashSet<Trial> taken = [];
    private Exception? failure;

    /// <summary>Makes what is open.</summary>
    /// <param name="workers">Trials at a time.</param>
    /// <param name="finished">Is told of each trial that was made, one at a time.</param>
    public void Run(int workers, Action<TrialResult> finished)
    {
        Thread[] threads = [.. Enumerable.Range(0, workers).Select(_ => new Thread(() => Work(finished)))];
        foreach (Thread thread in threads) thread.Start();
        foreach (Thread thread in threads) thread.Join();
        if (failure is not null) throw new InvalidOperationException("A trial failed; those before it are kept.", failure);
    }

    private void Work(Action<TrialResult> finished)
    {
        try
        {
            while (Next() is { } trial)
            {
                TrialResult result = Make(trial);
                lock (gate)
                {
                    log.Add(result);
                    taken.Remove(trial);
                    Monitor.PulseAll(gate);
                    finished(result);
                }
            }
        }
        catch (Exception e)
        {
            lock (gate)
            {
                failure ??= e;
                Monitor.PulseAll(gate);
            }
        }
    }

    /// <summary>The next open trial that no other worker has; waits where one of those decides what comes next.</summary>
    private Trial? Next()
    {
        lock (gate)
        {
            while (failure is null)
            {
                Trial? next = plan.Open(log).FirstOrDefault(trial => !taken.Contains(trial));
                if (next is not null)
                {
                    taken.Add(next);
                    return next;
                }
                if (taken.Count == 0) return null;
                Monitor.Wait(gate);
            }
            return null;
        }
    }

    private TrialResult Make(Trial trial)
    {
        (TensorSet training, TensorSet test) = data.For(trial.Purpose);
        var settings = new Settings(
            trial.Purpose == Purpose.Rate ? Math.Max(1, epochs / 2) : epochs, Batch, trial.Rate, trial.Seed, CPU)
        {
            TestsEachEpoch = false,
        };
        int steps = settings.Epochs * settings.StepsOfEpoch(training.Count);
        NormPolicy policy = Contestant.Named(trial.Method).Of(trial.Samples == 0 ? null : trial.Samples, steps);
        var clock = Stopwatch.StartNew();
        Outcome outcome = new Trainer(training, test, settings).Train(
            new Method(trial.Method, policy), policy => new ResNetCifar(policy: policy, device: CPU), new Observers());
        return new TrialResult(trial, outcome.Error, outcome.Epochs[^1].Loss, clock.Elapsed);
    }
}
