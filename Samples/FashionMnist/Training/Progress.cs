using System;
using System.Collections.Generic;
using System.Linq;
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

/// <summary>Follows a training.</summary>
internal interface IObserver
{
    /// <summary>Called before the first step of a method.</summary>
    public void Started(Method method, int steps);

    /// <summary>Called after each step.</summary>
    /// <param name="method">The method that is trained.</param>
    /// <param name="step">From 1.</param>
    /// <param name="loss">Its cross-entropy.</param>
    /// <param name="learningRate">Its learning rate.</param>
    public void Stepped(Method method, int step, double loss, double learningRate);

    /// <summary>Called after each test.</summary>
    public void Tested(Method method, Epoch epoch, int step);
}

/// <summary>Several observers as one.</summary>
internal sealed class Observers(params IReadOnlyList<IObserver> all) : IObserver
{
    public void Started(Method method, int steps) => ForEach(o => o.Started(method, steps));

    public void Stepped(Method method, int step, double loss, double learningRate)
        => ForEach(o => o.Stepped(method, step, loss, learningRate));

    public void Tested(Method method, Epoch epoch, int step) => ForEach(o => o.Tested(method, epoch, step));

    private void ForEach(Action<IObserver> action) => all.ToList().ForEach(action);
}
