using System;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Runtime.Tests;

/// <summary>Batch normalization over several processes, here threads, is that of the whole batch.</summary>
public sealed class SynchronizedBatchNormTests
{
    [Theory]
    [InlineData(2, ScalarType.Float64, 1e-12)]
    [InlineData(3, ScalarType.Float64, 1e-12)]
    [InlineData(2, ScalarType.Float32, 1e-5)]
    public async Task ItIsThatOfTheWholeBatch(int size, ScalarType type, double tolerance)
    {
        manual_seed(1);
        // Far from zero, where sums of squares would cancel; and shares of one, two, ... samples.
        long[] shares = [.. Enumerable.Range(1, size).Select(share => (long)share)];
        var x = (randn([shares.Sum(), 3, 4, 5], ScalarType.Float64) * 2 + 50).to(type);
        var upstream = randn_like(x);
        using var whole = Layer(isSynchronized: false, type, null);
        var expected = Run(whole, x, upstream);

        var exchange = new Threads(size);
        var layers = Enumerable.Range(0, size).Select(rank => Layer(true, type, exchange.Of(rank))).ToArray();
        var found = await Task.WhenAll(layers.Select((layer, rank) => Task.Factory.StartNew(
            () =>
            {
                var start = shares[..rank].Sum();
                return Run(layer, x.narrow(0, start, shares[rank]), upstream.narrow(0, start, shares[rank]));
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));

        AssertClose(expected.Output, cat([.. found.Select(result => result.Output)]), tolerance);
        AssertClose(expected.OfInput, cat([.. found.Select(result => result.OfInput)]), tolerance);
        AssertClose(expected.OfWeight, found.Select(result => result.OfWeight).Aggregate((a, b) => a + b), tolerance * 10);
        AssertClose(expected.OfBias, found.Select(result => result.OfBias).Aggregate((a, b) => a + b), tolerance * 10);
        foreach (var layer in layers)
        {
            AssertClose(whole.running_mean, layer.running_mean, tolerance * 10);
            AssertClose(whole.running_var, layer.running_var, tolerance * 10);
            Assert.Equal(1, layer.num_batches_tracked.item<long>());
        }
    }

    [Fact]
    public async Task AllFailWhereOneHasNoFiniteValue()
    {
        var exchange = new Threads(2);
        var errors = await Task.WhenAll(Enumerable.Range(0, 2).Select(rank => Task.Factory.StartNew(
            () =>
            {
                using var layer = Layer(true, ScalarType.Float32, exchange.Of(rank));
                return Assert.Throws<NotFiniteNumberException>(() => layer.call(full([2, 3, 2], rank == 0 ? float.NaN : 1))).Message;
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        Assert.Contains("channel 0 of micro-batch 0 holds NaN", errors[0], StringComparison.Ordinal);
        Assert.Contains("the batch of another process holds NaN", errors[1], StringComparison.Ordinal);
    }

    [Fact]
    public void AloneItIsBatchNormalization()
    {
        using var layer = NormPolicy.Batch(synchronized: true).Create(3);
        using var plain = NormPolicy.Batch().Create(3);
        var x = randn(4, 3, 2, 2);
        Assert.True(layer.call(x).eq(plain.call(x)).all().item<bool>());
    }

    private static BatchNormLayer Layer(bool isSynchronized, ScalarType type, IStatisticExchange? exchange)
    {
        var layer = (BatchNormLayer)NormPolicy.Batch(synchronized: isSynchronized).Create(3, dtype: type);
        layer.Exchange = exchange;
        using var noGrad = no_grad();
        layer.weight.copy_(tensor(new[] { 0.5, -1, 2 }));
        layer.bias.copy_(tensor(new[] { 0.1, 0.2, 0.3 }));
        return layer;
    }

    private static (Tensor Output, Tensor OfInput, Tensor OfWeight, Tensor OfBias) Run(BatchNormLayer layer, Tensor x, Tensor upstream)
    {
        var input = x.clone().requires_grad_();
        var output = layer.call(input);
        output.backward([upstream], create_graph: false, retain_graph: false);
        return (output.detach(), input.grad!, layer.weight.grad!, layer.bias.grad!);
    }

    private static void AssertClose(Tensor expected, Tensor found, double tolerance)
    {
        var difference = (expected - found).abs().max().to(ScalarType.Float64).item<double>();
        Assert.True(difference < tolerance, $"They differ by up to {difference}.");
    }

    /// <summary>Threads that exchange as processes do.</summary>
    private sealed class Threads(int size)
    {
        private readonly Barrier _barrier = new(size);
        private readonly Tensor?[] _given = new Tensor?[size];

        public IStatisticExchange Of(int rank) => new One(this, rank, size);

        private sealed class One(Threads threads, int rank, int size) : IStatisticExchange
        {
            public int Rank => rank;

            public int Size => size;

            public void Sum(Tensor tensor, string name)
            {
                threads._given[rank] = tensor.clone();
                threads._barrier.SignalAndWait();
                using var sum = threads._given.Aggregate((a, b) => a! + b!)!;
                threads._barrier.SignalAndWait();
                tensor.copy_(sum);
            }
        }
    }
}
