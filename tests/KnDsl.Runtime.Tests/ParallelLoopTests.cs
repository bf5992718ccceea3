using System.Linq;
using System.Threading;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Runtime.Tests;

/// <summary>Loops shared among threads do everything once, and give the same as one thread.</summary>
public sealed class ParallelLoopTests : TorchTest
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    public void EveryItemIsDoneOnce(int threads)
    {
        set_num_threads(threads);
        var done = new int[1000];
        for (var repeat = 0; repeat < 50; repeat++)
        {
            ParallelLoop.Run(done.Length, elements: 1 << 24, (from, to) =>
            {
                for (var i = from; i < to; i++)
                    Interlocked.Increment(ref done[i]);
            });
        }

        Assert.All(done, count => Assert.Equal(50, count));
    }

    [Fact]
    public void OpenMpRunsEveryThreadsPart()
    {
        var done = new int[5];
        Assert.Equal(
            System.OperatingSystem.IsLinux(), OpenMp.TryRun(done.Length, part => Interlocked.Increment(ref done[part])));
        if (System.OperatingSystem.IsLinux())
            Assert.All(done, count => Assert.Equal(1, count));
    }

    [Fact]
    public void TwoThreadsGiveWhatOneGives()
    {
        var results = new[] { 1, 2 }.Select(threads =>
        {
            set_num_threads(threads);
            manual_seed(3);
            using var layer = (AffineNormLayer)NormPolicy.Kalman(gain: 0.3, microbatch: 2).Create(32);
            var x = randn(8, 32, 40, 40).requires_grad_();
            var state = new AnalyticState(new(randn(1, 32), rand(1, 32) + 0.5), [40, 40]);
            var y = layer.forward(x, state).output;
            y.pow(3).sum().backward();
            return (y, x.grad!, layer.weight.grad!);
        }).ToArray();
        Close(results[0].y, results[1].y, 0);
        Close(results[0].Item2, results[1].Item2, 0);
        Close(results[0].Item3, results[1].Item3, 0);
    }
}
