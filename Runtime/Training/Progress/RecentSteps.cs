using System;
using System.Collections.Generic;
using System.Linq;

namespace KnDsl.Training;

/// <summary>Means over the last steps: a figure of one step alone moves too much to be read.</summary>
internal sealed class RecentSteps
{
    private const int Most = 100;

    private readonly Queue<StepReport> _steps = [];

    /// <summary>The time before the oldest step, which its samples do not count for.</summary>
    private (TimeSpan Elapsed, TimeSpan Waited) _before;

    /// <summary>The newest step; null before the first.</summary>
    public StepReport? Last { get; private set; }

    /// <summary>The mean loss.</summary>
    public double Loss => _steps.Count == 0 ? Last?.Loss ?? double.NaN : _steps.Average(step => step.Loss);

    /// <summary>Samples a second in this process.</summary>
    public double Rate => Passed is var passed && passed > 0 ? _steps.Sum(step => step.Samples) / passed : double.NaN;

    /// <summary>The share of the time that was spent waiting for batches, from 0 to 1.</summary>
    public double WaitedShare => Passed is var passed && passed > 0 ? (Last!.Waited - _before.Waited).TotalSeconds / passed : 0;

    private double Passed => Last is null ? 0 : (Last.Elapsed - _before.Elapsed).TotalSeconds;

    /// <summary>Takes a step.</summary>
    public void Add(StepReport step)
    {
        _steps.Enqueue(step);
        Last = step;
        if (_steps.Count > Most)
        {
            var oldest = _steps.Dequeue();
            _before = (oldest.Elapsed, oldest.Waited);
        }
    }

    /// <summary>Begins anew after something that was no step: an evaluation's time is not that of training.</summary>
    public void Restart(TimeSpan elapsed)
    {
        _steps.Clear();
        _before = (elapsed, Last?.Waited ?? TimeSpan.Zero);
    }
}
