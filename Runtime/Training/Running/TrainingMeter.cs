using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;

namespace KnDsl.Training;

/// <summary>Counts what reports tell of a training in this process: its time, the part of it that was spent waiting, and samples.</summary>
internal sealed class TrainingMeter
{
    private readonly Stopwatch _clock = new();
    private readonly Stopwatch _waiting = new();
    private long _samples;

    /// <summary>Time since the training began.</summary>
    public TimeSpan Elapsed => _clock.Elapsed;

    /// <summary>Of that time, the part that was spent waiting for batches.</summary>
    public TimeSpan Waited => _waiting.Elapsed;

    /// <summary>Begins a training.</summary>
    public void Restart()
    {
        _clock.Restart();
        _waiting.Reset();
        _samples = 0;
    }

    /// <summary>The next batches; waiting for them is measured.</summary>
    /// <param name="source">The batches of an epoch.</param>
    /// <param name="count">How many.</param>
    /// <param name="at">The place in the training.</param>
    /// <exception cref="InvalidDataException">There are no more.</exception>
    public IEnumerable<TBatch> Take<TBatch>(IEnumerator<TBatch> source, int count, TrainingPosition at)
    {
        for (var i = 0; i < count; i++)
        {
            _waiting.Start();
            var isThere = source.MoveNext();
            _waiting.Stop();
            if (!isThere)
            {
                throw new InvalidDataException(
                    $"the batches of epoch {at.Epoch + 1} ended after {at.Batch + i}, and their Count says more");
            }

            yield return source.Current;
        }
    }

    /// <summary>Adds the samples of a step.</summary>
    public void Add(long samples) => _samples += samples;

    /// <summary>The samples since this was asked last: not every step is reported.</summary>
    public long TakeSamples()
    {
        var samples = _samples;
        _samples = 0;
        return samples;
    }
}
