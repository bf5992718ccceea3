using System.Collections.Generic;
using System.Linq;
using System.Runtime.ExceptionServices;
using System.Threading;
using System;
using KnDsl.Training;

namespace KnDsl.Samples.Study.Trials;

/// <summary>Runs the trials of a study, several at a time, in as many processes.</summary>
/// <param name="options">The options of the study, with its trials.</param>
/// <param name="log">Holds the results of finished trials and receives new ones.</param>
internal sealed class TrialRunner(StudyOptions options, ResultLog<Trial, TrialResult> log)
{
    private readonly object gate = new();
    private readonly HashSet<Trial> taken = [];
    private Exception? failure;

    /// <summary>Runs the trials that the log does not hold yet.</summary>
    /// <param name="finished">Called after each trial, one call at a time.</param>
    /// <exception cref="StudyException">A trial failed; those before it are kept.</exception>
    public void Run(Action<TrialResult> finished)
    {
        Thread[] threads = [.. Enumerable.Range(0, options.Workers).Select(_ => new Thread(() => Work(finished)))];
        foreach (var thread in threads)
            thread.Start();
        foreach (var thread in threads)
            thread.Join();
        if (failure is not null)
            ExceptionDispatchInfo.Throw(failure);
    }

    private void Work(Action<TrialResult> finished)
    {
        try
        {
            using var worker = new WorkerProcess(options);
            while (Next() is { } trial)
            {
                var result = worker.Run(trial);
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

    /// <summary>The next open trial that no other worker has; waits if the next ones depend on the result of another worker.</summary>
    private Trial? Next()
    {
        lock (gate)
        {
            while (failure is null)
            {
                var next = options.Plan.Open(log).FirstOrDefault(trial => !taken.Contains(trial));
                if (next is not null)
                {
                    taken.Add(next);
                    return next;
                }
                if (taken.Count == 0)
                    return null;
                Monitor.Wait(gate);
            }
            return null;
        }
    }
}
