using System;
using System.Collections.Generic;
using KnDsl.Samples.FashionMnist.Data;

namespace KnDsl.Samples.FashionMnist.Training;

/// <summary>The result of an epoch of training.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Loss">Mean cross-entropy of the epoch's steps.</param>
/// <param name="Error">Share of test images that were classified wrongly, in percent.</param>
/// <param name="Elapsed">Time spent on training steps so far, tests not included.</param>
internal sealed record Epoch(int Number, double Loss, double Error, TimeSpan Elapsed)
{
    /// <summary>An epoch whose loss is no longer finite: the network has learned nothing, and is right by chance only.</summary>
    public static Epoch Diverged(int number, TimeSpan elapsed)
        => new(number, double.NaN, 100.0 * (ImageSet.Classes - 1) / ImageSet.Classes, elapsed);
}

/// <summary>The result of training with a method.</summary>
internal sealed record Outcome(Method Method, IReadOnlyList<Epoch> Epochs)
{
    /// <summary>The test error of the last epoch, in percent; never that of the best one.</summary>
    public double Error => Epochs[^1].Error;

    /// <summary>Time spent on all training steps, tests not included.</summary>
    public TimeSpan Elapsed => Epochs[^1].Elapsed;
}
