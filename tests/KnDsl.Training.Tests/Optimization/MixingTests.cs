using System;
using System.Linq;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Training.Tests.Optimization;

public sealed class MixingTests
{
    /// <summary>Image i is i everywhere and has the class i: an image says by itself of what it was mixed.</summary>
    private static (Tensor Images, Tensor Labels) Batch()
    {
        var labels = arange(6, ScalarType.Int64);
        return (labels.to(ScalarType.Float32).view(6, 1, 1, 1).expand(6, 2, 8, 10).contiguous(), labels);
    }

    [Fact]
    public void Mixup_mixes_images_and_targets_in_one_share()
    {
        manual_seed(5);
        var (images, labels) = Batch();
        var (mixed, targets) = Mixing.Mixup(images, labels, 6, 0.4);
        Assert.True(targets.sum(1).allclose(ones(6)));
        var expected = targets.mv(arange(6, ScalarType.Float32)).view(6, 1, 1, 1).expand(6, 2, 8, 10);
        Assert.True(mixed.allclose(expected, 1e-5, 1e-5));
        // One share for all that were mixed with another.
        var mixedShares = targets.amax([1]).data<float>().ToArray().Where(share => share < 0.999f);
        Assert.Single(mixedShares.Select(share => MathF.Round(share, 5)).Distinct());
        Assert.False(mixed.allclose(images));
    }

    [Fact]
    public void CutMix_counts_what_it_covers()
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            manual_seed(seed);
            var (images, labels) = Batch();
            var (mixed, targets) = Mixing.CutMix(images, labels, 6, 1);
            Assert.True(targets.sum(1).allclose(ones(6)));
            // Every number is that of the own image or that of the other one, and the mean is what the targets say.
            var expected = targets.mv(arange(6, ScalarType.Float32));
            Assert.True(mixed.mean([1, 2, 3]).allclose(expected, 1e-5, 1e-5));
            Assert.True(mixed.eq(mixed.round()).all().item<bool>());
        }
    }

    [Fact]
    public void Targets_may_be_probabilities()
    {
        manual_seed(5);
        var (images, labels) = Batch();
        var (_, fromLabels) = Mixing.Mixup(images, labels, 6, 0.4);
        manual_seed(5);
        var (_, fromShares) = Mixing.Mixup(images, eye(6), 6, 0.4);
        Assert.True(fromLabels.allclose(fromShares));
        Assert.Throws<ArgumentOutOfRangeException>(() => Mixing.Mixup(images, labels, 6, 0));
    }

    /// <summary>The mean of |share - 1/2| of Beta(a, a) is 4^-a / (a B(a, a)), 1/4 at a = 1.</summary>
    [Fact]
    public void The_share_is_of_a_beta_distribution()
    {
        manual_seed(1);
        var images = zeros(2, 1, 1, 1);
        var labels = arange(2, ScalarType.Int64);
        var distances = Enumerable.Range(0, 4000)
            .Select(_ => Mixing.Mixup(images, labels, 2, 1).Targets[0, 0].item<float>())
            .Where(share => share < 1)
            .Average(share => Math.Abs(share - 0.5));
        Assert.Equal(0.25, distances, 0.02);
    }
}
