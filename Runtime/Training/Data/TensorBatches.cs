using System;
using System.Collections.Generic;
using static TorchSharp.torch;

namespace KnDsl.Training;

/// <summary>
/// Batches of two tensors that are in memory whole, such as images and their labels. The first dimension of both is that of the samples.
/// </summary>
/// <remarks>
/// The tensors stay the caller's, and are on any device. A batch belongs to whoever takes it, or to the dispose scope that is open.
/// </remarks>
public sealed class TensorBatches : IBatches<(Tensor Inputs, Tensor Targets)>
{
    private readonly Tensor inputs;
    private readonly Tensor targets;
    private readonly int batchSize;
    private readonly DistributedSampler sampler;

    /// <summary>Makes batches of tensors.</summary>
    /// <param name="inputs">The inputs, samples x anything.</param>
    /// <param name="targets">What belongs to each, samples x anything.</param>
    /// <param name="batchSize">Samples in a batch of this process; the last one of an epoch may have fewer.</param>
    /// <param name="shuffle">Whether each epoch has an order of its own, or that of the tensors.</param>
    /// <param name="seed">The seed of the orders. It must be the same on every rank.</param>
    /// <param name="rank">This process among those that share the samples, from 0.</param>
    /// <param name="size">The number of those processes. All read as many samples: where they do not divide, some are read twice.</param>
    /// <exception cref="ArgumentException">The tensors have no sample, or not as many as each other.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public TensorBatches(
        Tensor inputs, Tensor targets, int batchSize, bool shuffle = true, long seed = 0, int rank = 0, int size = 1)
    {
        if (inputs.dim() == 0 || targets.dim() == 0 || inputs.size(0) != targets.size(0))
        {
            throw new ArgumentException(
                $"the first dimension is that of the samples; the inputs are {Shape(inputs)} and the targets {Shape(targets)}");
        }
        this.inputs = inputs;
        this.targets = targets;
        this.batchSize = (int)Setting.AtLeastOne(batchSize);
        sampler = new(inputs.size(0), shuffle, seed, rank, size);
        Count = (sampler.Count + batchSize - 1) / batchSize;
    }

    /// <summary>The number of batches of an epoch.</summary>
    public long Count { get; }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The epoch is negative, or <paramref name="first"/> is negative or above <see cref="Count"/>.
    /// </exception>
    public IEnumerable<(Tensor Inputs, Tensor Targets)> Read(int epoch, long first = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(epoch);
        return first >= 0 && first <= Count ? Enumerate(epoch, first)
            : throw Setting.OutOfRange(nameof(first), first, $"must be at least 0 and at most {Count}, the batches of an epoch");
    }

    private IEnumerable<(Tensor Inputs, Tensor Targets)> Enumerate(int epoch, long first)
    {
        var order = sampler.Order(epoch);
        for (var start = first * batchSize; start < order.Length; start += batchSize)
        {
            var samples = order[(int)start..(int)Math.Min(start + batchSize, order.Length)];
            yield return (Choose(inputs, samples), Choose(targets, samples));
        }
    }

    private static Tensor Choose(Tensor all, long[] samples)
    {
        using var indices = tensor(samples, device: all.device);
        return all.index_select(0, indices);
    }

    private static string Shape(Tensor tensor) => tensor.dim() == 0 ? "a single number" : string.Join(" x ", tensor.shape);
}
