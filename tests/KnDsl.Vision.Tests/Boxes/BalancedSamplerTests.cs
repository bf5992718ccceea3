using System;
using System.Linq;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Vision.Tests;

public sealed class BalancedSamplerTests : ReferenceTest
{
    /// <summary>As torchvision counts: objects up to their share, and background up to what they leave.</summary>
    [Theory]
    [InlineData(100, 100, 100, 20, 0.5, 10, 10)]
    [InlineData(3, 100, 100, 20, 0.5, 3, 17)]
    [InlineData(100, 4, 0, 20, 0.25, 5, 4)]
    [InlineData(0, 7, 5, 20, 0.5, 0, 7)]
    [InlineData(7, 0, 5, 20, 0.5, 7, 0)]
    [InlineData(5, 5, 0, 3, 0.5, 1, 2)]
    [InlineData(5, 5, 0, 4, 0, 0, 4)]
    [InlineData(0, 0, 0, 4, 0.5, 0, 0)]
    public void It_draws_as_many_as_torchvision(
        int positives, int negatives, int ignored, int count, double share, int drawnPositives, int drawnNegatives)
    {
        var labels = cat([full(positives, 3L), zeros(negatives, ScalarType.Int64), full(ignored, -1L)], 0);
        labels = labels[randperm(labels.size(0))];
        var (positive, negative) = new BalancedSampler(count, share).Sample(labels);
        Assert.Equal((drawnPositives, drawnNegatives), (positive.sum().item<long>(), negative.sum().item<long>()));
        Assert.True(labels[positive].eq(3).all().item<bool>());
        Assert.True(labels[negative].eq(0).all().item<bool>());
    }

    [Fact]
    public void All_of_a_kind_are_equally_likely()
    {
        var labels = tensor(new float[] { 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, -1, -1 });
        var sampler = new BalancedSampler(4, 0.5);
        var (positives, negatives) = (zeros(12), zeros(12));
        const int draws = 3000;
        for (var draw = 0; draw < draws; draw++)
        {
            using var scope = NewDisposeScope();
            var (positive, negative) = sampler.Sample(labels);
            positives.add_(positive);
            negatives.add_(negative);
        }
        // Two of four, and two of six; a draw's deviation is below 0.5, that of the mean below 0.01.
        Assert.All((positives / draws).data<float>().Take(4), share => Assert.InRange(share, 0.46, 0.54));
        Assert.All((negatives / draws).data<float>().Skip(4).Take(6), share => Assert.InRange(share, 0.29, 0.37));
    }

    [Fact]
    public void A_seed_decides_what_is_drawn()
    {
        var labels = cat([ones(50), zeros(50)], 0);
        var sampler = new BalancedSampler(10, 0.5);
        using var generator = new Generator(7);
        using var same = new Generator(7);
        var (positives, negatives) = sampler.Sample(labels, generator);
        manual_seed(1);
        var (others, otherNegatives) = sampler.Sample(labels, same);
        Equal(positives, others, "positives");
        Equal(negatives, otherNegatives, "negatives");
        Assert.False(positives.eq(sampler.Sample(labels, generator).Positives).all().item<bool>());
    }

    [Fact]
    public void Wrong_arguments_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new BalancedSampler(0, 0.5));
        Assert.Throws<ArgumentOutOfRangeException>(() => new BalancedSampler(4, 1.5));
        Assert.Throws<ArgumentException>(() => new BalancedSampler(4, 0.5).Sample(zeros(3, 4)));
    }
}
