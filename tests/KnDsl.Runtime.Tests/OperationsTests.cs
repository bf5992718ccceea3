using System;
using System.Linq;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Runtime.Tests;

/// <summary>Functions that torch or TorchSharp lacks, against their elements one by one.</summary>
public sealed class OperationsTests : TorchTest
{
    [Fact]
    public void SliceIsARangeThatTheValueHas()
    {
        var x = arange(24, float64).view(2, 3, 4);
        Assert.Equal([1.0, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23], Operations.slice(x, -1, 1, 4, 2).reshape(-1).data<double>());
        var error = Assert.Throws<ArgumentException>(() => Operations.slice(x, 1, 0, 4));
        Assert.Contains("0 to 4", error.Message);
    }

    [Fact]
    public void SelectIsAPositionThatTheValueHas()
    {
        var x = arange(24, float64).view(2, 3, 4);
        Assert.Equal([8.0, 9, 10, 11, 20, 21, 22, 23], Operations.select(x, 1, -1).reshape(-1).data<double>());
        Assert.Throws<ArgumentException>(() => Operations.select(x, 1, 3));
        Assert.Throws<ArgumentException>(() => Operations.select(x, 1, -4));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void ReshapeKeepsTheBatch(long samples)
    {
        var x = arange(samples * 12, float64).view(samples, 3, 4);
        var y = Operations.reshape(x, [2, -1]);
        Assert.Equal([samples, 2, 6], y.shape);
        Assert.Equal(x.reshape(-1).data<double>().ToArray(), y.reshape(-1).data<double>().ToArray());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void PixelUnshuffleTakesABlockIntoChannels(long samples)
    {
        var x = arange(samples * 2 * 4 * 6, float64).view(samples, 2, 4, 6);
        var y = Operations.pixel_unshuffle(x, 2);
        Assert.Equal([samples, 8, 2, 3], y.shape);
        foreach (var n in Enumerable.Range(0, (int)samples))
        {
            foreach (var (channel, row, column) in
                     from c in Enumerable.Range(0, 8) from i in Enumerable.Range(0, 2) from j in Enumerable.Range(0, 3) select (c, i, j))
            {
                var expected = x[n, channel / 4, 2 * row + channel % 4 / 2, 2 * column + channel % 2].item<double>();
                Assert.Equal(expected, y[n, channel, row, column].item<double>());
            }
        }
    }

    [Fact]
    public void ChannelShuffleTakesOneOfEachGroupInTurn()
    {
        var x = arange(6, float64).view(1, 6, 1, 1);
        Assert.Equal([0.0, 2, 4, 1, 3, 5], Operations.channel_shuffle(x, 3).reshape(-1).data<double>());
    }

    [Fact]
    public void StochasticDepthTakesWholeSamplesInTraining()
    {
        manual_seed(1);
        var x = ones(1000, 3);
        Assert.True(Operations.stochastic_depth(x, 0.25, training: false).eq(x).all().item<bool>());
        var y = Operations.stochastic_depth(x, 0.25, training: true);
        Assert.True(y.eq(y[TensorIndex.Colon, TensorIndex.Slice(0, 1)]).all().item<bool>());
        Assert.InRange(y.ne(0).to(float32).mean().item<float>(), 0.7f, 0.8f);
        Assert.Equal(1 / 0.75f, y.max().item<float>(), 1e-6f);
    }
}
