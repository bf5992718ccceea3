using System;
using System.Collections.Generic;
using System.Linq;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Training.Tests.Data;

public sealed class TensorBatchesTests : IDisposable
{
    /// <summary>Ten samples of two numbers, the number of the sample in each; the targets are ten times that.</summary>
    private readonly Tensor inputs = arange(10, ScalarType.Float32).view(10, 1).expand(10, 2).contiguous();

    private readonly Tensor targets = arange(10, ScalarType.Int64) * 10;

    public void Dispose()
    {
        inputs.Dispose();
        targets.Dispose();
    }

    [Fact]
    public void Every_sample_is_in_an_epoch_once_with_its_target()
    {
        var batches = new TensorBatches(inputs, targets, batchSize: 4);
        Assert.Equal(3, batches.Count);
        var read = batches.Read(0).ToArray();
        Assert.Equal([4, 4, 2], read.Select(batch => batch.Inputs.size(0)));
        Assert.All(read, batch => Assert.Equal((ScalarType.Float32, 2L), (batch.Inputs.dtype, batch.Inputs.size(1))));
        Assert.Equal(Enumerable.Range(0, 10).Select(i => (long)i), Samples(batches, 0).Order());
        foreach (var (x, y) in read)
            Assert.Equal(y.data<long>().ToArray(), x.select(1, 1).data<float>().ToArray().Select(value => 10 * (long)value));
    }

    [Fact]
    public void An_epoch_has_an_order_of_its_own_that_depends_on_the_seed()
    {
        var batches = new TensorBatches(inputs, targets, batchSize: 4, seed: 3);
        Assert.Equal(Samples(batches, 1), Samples(new TensorBatches(inputs, targets, batchSize: 4, seed: 3), 1));
        Assert.NotEqual(Samples(batches, 0), Samples(batches, 1));
        Assert.NotEqual(Samples(batches, 0), Samples(new TensorBatches(inputs, targets, batchSize: 4, seed: 4), 0));
        Assert.Equal(
            Enumerable.Range(0, 10).Select(i => (long)i), Samples(new TensorBatches(inputs, targets, batchSize: 4, shuffle: false), 7));
    }

    [Fact]
    public void A_training_that_goes_on_reads_the_batches_that_are_left()
    {
        var batches = new TensorBatches(inputs, targets, batchSize: 4);
        for (var first = 0; first <= 3; first++)
            Assert.Equal(Samples(batches, 2).Skip(4 * first), Samples(batches, 2, first));
        Assert.Throws<ArgumentOutOfRangeException>(() => batches.Read(0, 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => batches.Read(-1));
    }

    [Fact]
    public void Processes_share_the_samples()
    {
        var shares = Enumerable.Range(0, 3).Select(rank => new TensorBatches(inputs, targets, 2, rank: rank, size: 3)).ToArray();
        Assert.All(shares, share => Assert.Equal(2, share.Count));
        // Four samples each, of which two are read twice.
        var all = shares.SelectMany(share => Samples(share, 1)).ToArray();
        Assert.Equal((12, 10), (all.Length, all.Distinct().Count()));
    }

    [Fact]
    public void Tensors_that_do_not_belong_together_are_refused()
    {
        using var fewer = targets[..9];
        using var number = tensor(1);
        Assert.Equal(
            "the first dimension is that of the samples; the inputs are 10 x 2 and the targets 9",
            Assert.Throws<ArgumentException>(() => new TensorBatches(inputs, fewer, 4)).Message);
        Assert.EndsWith(
            "the targets a single number", Assert.Throws<ArgumentException>(() => new TensorBatches(inputs, number, 4)).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => new TensorBatches(inputs, targets, 0));
        using Tensor nothing = zeros(0, 2), none = zeros(0);
        Assert.Throws<ArgumentOutOfRangeException>(() => new TensorBatches(nothing, none, 4));
    }

    private static IEnumerable<long> Samples(TensorBatches batches, int epoch, long first = 0) =>
        batches.Read(epoch, first).SelectMany(batch => batch.Targets.data<long>().ToArray()).Select(value => value / 10);
}
