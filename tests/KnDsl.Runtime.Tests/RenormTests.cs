using System.Linq;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Runtime.Tests;

/// <summary>Batch renormalization against its paper's formulas (Ioffe 2017), in 64 bits.</summary>
public sealed class RenormTests : TorchTest
{
    [Fact]
    public void BoundsWidenBetweenTheWarmUpAndTheirEnds()
    {
        var policy = (RenormPolicy)NormPolicy.Renorm(rMax: 3, dMax: 5, warmUp: 10, rSteps: 30, dSteps: 20);
        Assert.Equal([1, 1, 1.1, 2, 3, 3], new long[] { 0, 10, 11, 20, 30, 99 }.Select(policy.RAt));
        Assert.Equal([0, 0, 0.5, 5, 5], new long[] { 0, 10, 11, 20, 99 }.Select(policy.DAt));
        var sudden = (RenormPolicy)NormPolicy.Renorm(warmUp: 0, rSteps: 0, dSteps: 0);
        Assert.Equal((1, 3, 0, 5), (sudden.RAt(0), sudden.RAt(1), sudden.DAt(0), sudden.DAt(1)));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(2)]
    public void FollowsItsFormulas(int? microbatch)
    {
        const double momentum = 0.1, eps = 1e-3;
        var policy = (RenormPolicy)NormPolicy.Renorm(1.5, 0.3, warmUp: 2, rSteps: 6, dSteps: 4, microbatch, eps, momentum);
        using var layer = (RunningNormLayer)policy.Create(3, dtype: float64);
        using (no_grad())
        {
            layer.weight.copy_(Random(3));
            layer.bias.copy_(Random(3));
        }

        var (mean, variance) = (zeros(3, float64), ones(3, float64));
        var (clippedR, clippedD) = (false, false);
        for (var step = 0; step < 8; step++)
        {
            // Five samples: with micro-batches of two, sample 0 goes with 2, 1 with 3, and 4 is alone.
            var x = (Random(5, 3, 4, 3) * 2 + 1).requires_grad_();
            var reference = x.detach().clone().requires_grad_();
            long[][] groups = microbatch is null ? [[0, 1, 2, 3, 4]] : [[0, 2], [1, 3], [4]];
            var expected = new Tensor[5];
            var (means, variances) = (new Tensor[groups.Length], new Tensor[groups.Length]);
            foreach (var (group, g) in groups.Select((group, g) => (group, g)))
            {
                var part = reference.index_select(0, tensor(group));
                var flat = part.transpose(0, 1).flatten(1);
                var (mu, sigma) = (flat.mean([1]), (flat.var(1, unbiased: false) + eps).sqrt());
                (means[g], variances[g]) = (mu.detach(), flat.detach().var(1, unbiased: true));
                var running = (variance + eps).sqrt();
                var (r, d) = ((sigma / running).detach(), ((mu - mean) / running).detach());
                var (rMax, dMax) = (policy.RAt(step), policy.DAt(step));
                clippedR |= rMax > 1 && r.max().item<double>() > rMax;
                clippedD |= dMax > 0 && d.abs().max().item<double>() > dMax;
                (r, d) = (r.clamp(1 / rMax, rMax), d.clamp(-dMax, dMax));
                var y = (part - mu.view(3, 1, 1)) / sigma.view(3, 1, 1) * r.view(3, 1, 1) + d.view(3, 1, 1);
                y = y * layer.weight.view(3, 1, 1) + layer.bias.view(3, 1, 1);
                foreach (var (sample, i) in group.Select((sample, i) => (sample, i)))
                    expected[sample] = y[i];
            }

            var direction = Random(5, 3, 4, 3);
            var output = layer.call(x);
            (output * direction).sum().backward();
            (stack(expected) * direction).sum().backward();
            Close(stack(expected), output, 1e-10, $"output of step {step}");
            Close(reference.grad!, x.grad!, 1e-10, $"gradient of step {step}");
            mean += momentum * (stack(means).mean([0]) - mean);
            variance += momentum * (stack(variances).mean([0]) - variance);
            Close(mean, layer.running_mean, 1e-12);
            Close(variance, layer.running_var, 1e-12);
        }

        Assert.True(clippedR && clippedD, "the bounds were never met");
        Assert.Equal(8, layer.num_batches_tracked.item<long>());

        layer.eval();
        var seen = Random(2, 3, 4, 3);
        var scale = layer.weight / (variance + eps).sqrt();
        Close((seen - mean.view(3, 1, 1)) * scale.view(3, 1, 1) + layer.bias.view(3, 1, 1), layer.call(seen), 1e-12, "inference");
    }

    [Fact]
    public void InTheWarmUpItIsBatchNorm()
    {
        using var layer = NormPolicy.Renorm(momentum: 0.1).Create(3);
        using var batch = nn.BatchNorm2d(3);
        for (var step = 0; step < 3; step++)
        {
            var x = randn(4, 3, 5, 5) + 2;
            Close(batch.call(x), layer.call(x), 1e-6);
        }

        Close(batch.running_var!, layer.get_buffer("running_var")!, 1e-6);
    }
}
