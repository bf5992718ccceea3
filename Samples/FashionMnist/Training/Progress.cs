using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Samples.FashionMnist.Data;

namespace KnDsl.Samples.FashionMnist.Training;

/// <summary>What an epoch of training came to.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Loss">Mean cross-entropy of the epoch's steps.</param>
/// <param name="Error">Share of test images that got a wrong class, in percent.</param>
/// <param name="Elapsed">Time spent in training steps so far, without tests.</param>
internal sealed record Epoch(int Number, double Loss, double Error, TimeSpan Elapsed)
{
    /// <summary>An epoch whose loss is no number any more: the network has learned nothing, one class in ten is right by chance.</summary>
    public static Epoch Diverged(int number, TimeSpan elapsed) => new(number, double.NaN, 100.0 * (ImageSet.Classes - 1) / ImageSet.Classes, elapsed);
}

/// <summary>What a method's training came to.</summary>
internal sealed record Outcome(Method Method, IReadOnlyList<Epoch> Epochs)
{
    /// <summary>The test error of the last epoch, in percent; never that of the best one.</summary>
    public double Error => Epochs[^1].Error;

    public TimeSpan Elapsed => Epochs[^1].Elapsed;
}

/// <summary>Follows a training.</summary>
internal interface IObserver
{
    /// <summary>A method begins.</summary>
    public void Started(Method method, int steps);

    /// <summary>A step was made.</summary>
    /// <param name="method">Of which training.</param>
    /// <param name="step">From 1.</param>
    /// <param name="loss">Its cross-entropy.</param>
    /// <param name="learningRate">Its learning rate.</param>
    public void Stepped(Method method, int step, double loss, double learningRate);

    /// <summary>An epoch and its test are through.</summary>
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
