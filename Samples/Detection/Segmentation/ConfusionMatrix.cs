using System;
using System.Linq;
using KnDsl.Training;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl.Samples.Detection.Segmentation;

/// <summary>
/// How often pixels of each class were given each class, and what follows from it, as torchvision's reference computes it; but a class
/// that is neither there nor given has no part in a mean, which is no number then in torchvision.
/// </summary>
/// <param name="classes">The classes.</param>
/// <param name="device">The device that counts.</param>
internal sealed class ConfusionMatrix(int classes, Device device) : IDisposable
{
    private readonly Tensor counts = zeros([classes, classes], ScalarType.Int64, device).DetachFromDisposeScope();

    /// <summary>Adds pixels.</summary>
    /// <param name="labels">Their classes; what is not one of the network's does not count.</param>
    /// <param name="given">What they were given, of the same shape.</param>
    public void Add(Tensor labels, Tensor given)
    {
        using var scope = NewDisposeScope();
        var counted = labels.lt(Held(classes)).logical_and(labels.ge(Held(0)));
        var pairs = Sum(labels.masked_select(counted) * Held(classes), given.masked_select(counted));
        counts.add_(pairs.bincount(null, classes * classes).view(classes, classes), One);
    }

    /// <summary>Adds the counts of all processes.</summary>
    public void Reduce(ProcessGroup processes) => processes.AllReduce(counts, name: "the counts of an evaluation");

    /// <summary>The figures.</summary>
    public SegmentationFigures Compute()
    {
        var all = counts.cpu().data<long>().ToArray();
        double[] right = [.. Enumerable.Range(0, classes).Select(i => (double)all[i * classes + i])];
        double[] there = [.. Enumerable.Range(0, classes).Select(i => (double)all.AsSpan(i * classes, classes).ToArray().Sum())];
        double[] given = [.. Enumerable.Range(0, classes).Select(i => (double)Enumerable.Range(0, classes).Sum(k => all[k * classes + i]))];
        return new(
            right.Sum() / there.Sum(),
            [.. right.Select((pixels, i) => pixels / there[i])],
            [.. right.Select((pixels, i) => pixels / (there[i] + given[i] - pixels))]);
    }

    /// <summary>Frees the counts.</summary>
    public void Dispose() => counts.Dispose();
}
