using System.Collections.Generic;
using System.Linq;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Runtime.Tests;

/// <summary>
/// The sampled transition against a re-statement, from its formulas, of the procedure that Wang et al. released: a
/// pre-activation residual network with a downsampling shortcut, layer by layer, fed the same pseudo-features.
/// Two things differ from their code on purpose: padded channels are padded per micro-batch, and running averages take the
/// mean of all micro-batches with Bessel's correction, where theirs take the first micro-batch only.
/// </summary>
public sealed class AuthorsParityTests : TorchTest
{
    private const double Gain = 0.1;
    private const double Eps = 1e-5;

    private readonly Conv2d conv0 = Conv(1, 4, 1);
    private readonly (Conv2d First, Conv2d Second)[] units =
        [(Conv(4, 4, 1), Conv(4, 4, 1)), (Conv(4, 8, 2), Conv(8, 8, 1)), (Conv(8, 8, 1), Conv(8, 8, 1))];

    [Theory]
    [InlineData(8)]
    [InlineData(6)]
    [InlineData(5)]
    [InlineData(8, 8, 6, 5)]
    [InlineData(4, 4, 3)]
    public void EveryLayersStatisticsAreTheirs(params int[] batches)
    {
        var norms = Norms();
        var means = norms.Select(norm => norm.running_mean.clone()).ToArray();
        var variances = norms.Select(norm => norm.running_var.clone()).ToArray();
        foreach (var samples in batches)
        {
            var x = Random(samples, 1, 8, 8);
            manual_seed(5);
            var actual = Ours(x, norms);
            manual_seed(5);
            var unbiased = new List<Tensor>();
            var expected = Theirs(x, norms, unbiased);
            Assert.Equal(expected.Select(entry => entry.Name), actual.Select(entry => entry.Name));
            foreach (var ((name, theirs), (_, ours)) in expected.Zip(actual))
                Close(theirs, ours, 1e-6, $"{name} of {samples} samples");
            for (var i = 0; i < norms.Count; i++)
            {
                means[i] += 0.1 * (expected.Single(entry => entry.Name == $"{i} mean").Value.mean([0]) - means[i]);
                variances[i] += 0.1 * (unbiased[i].mean([0]) - variances[i]);
                Close(means[i], norms[i].running_mean, 1e-6, $"running mean {i}");
                Close(variances[i], norms[i].running_var, 1e-6, $"running variance {i}");
            }
        }

        foreach (var norm in norms)
            norm.eval();
        foreach (var samples in new[] { batches[0], 1 })
        {
            var seen = Random(samples, 1, 8, 8);
            Close(TheirsInInference(seen, norms), Ours(seen, norms)[^1].Value, 1e-6, "inference");
        }
    }

    [Fact]
    public void TheGuardRefusesAPriorAsTheirsDoes()
    {
        // Pseudo-features have the statistics before a norm, the next layer's values those behind it: a large input sets them apart.
        var norms = Norms();
        var x = Random(6, 1, 8, 8) * 100;
        manual_seed(5);
        var actual = Ours(x, norms);
        manual_seed(5);
        var refused = new List<int>();
        var expected = Theirs(x, norms, [], refused);
        Assert.NotEmpty(refused);
        foreach (var ((name, theirs), (_, ours)) in expected.Zip(actual))
            Close(theirs, ours, 1e-6, name);
    }

    private static List<RunningNormLayer> Norms()
    {
        var policy = NormPolicy.Kalman(Gain, microbatch: 2, transition: Transition.Sampled);
        var norms = new List<RunningNormLayer>();
        using var noGrad = no_grad();
        foreach (var channels in new[] { 4, 4, 4, 8, 8, 8, 8 })
        {
            var norm = (RunningNormLayer)policy.Create(channels, dtype: float64);
            norm.weight.copy_(Random(channels) + 1);
            norm.bias.copy_(Random(channels));
            norms.Add(norm);
        }

        return norms;
    }

    private List<(string Name, Tensor Value)> Ours(Tensor x, List<RunningNormLayer> norms)
    {
        var seen = new List<(string, Tensor)>();
        var next = 0;
        (Tensor, ChannelState?, ChannelState?) Norm(Tensor value, ChannelState? prior)
        {
            var index = next++;
            var (y, emitted, posterior) = norms[index].forward(value, prior);
            if (emitted is not null)
            {
                seen.Add(($"{index} mean", emitted.ToMoments().Mean));
                seen.Add(($"{index} variance", emitted.ToMoments().Variance));
            }

            seen.Add(($"{index} output", y));
            return (y, emitted, posterior);
        }

        var (l, s, _) = Norm(conv0.call(x), null);
        l = l.relu();
        s = s?.Pass(new ReluRule(), l);
        foreach (var (first, second) in units)
        {
            var (v, vs, shortcut) = (l, s, s);
            if (first != units[0].First)
            {
                (v, vs, shortcut) = Norm(l, s);
                v = v.relu();
                vs = vs?.Pass(new ReluRule(), v);
            }

            v = first.call(v);
            (v, vs, _) = Norm(v, vs?.Pass(new ConvolutionRule(first), v));
            var rectified = v.relu();
            v = second.call(rectified);
            vs = vs?.Pass(new ReluRule(), rectified).Pass(new ConvolutionRule(second), v);
            if (first.stride[0] == 2)
            {
                var pooled = nn.functional.avg_pool2d(l, [2, 2]);
                l = nn.functional.pad(pooled, [0, 0, 0, 0, 2, 2]);
                shortcut = shortcut?.Pass(new AvgPoolRule([2, 2], [2, 2], [0, 0]), pooled).Pass(new PadRule([0, 0, 0, 0, 2, 2]), l);
            }

            l = v + l;
            s = ChannelState.Join(new SumRule(), l, vs, shortcut);
        }

        seen.Add(("last", Norm(l, s).Item1));
        return seen;
    }

    private List<(string Name, Tensor Value)> Theirs(
        Tensor x, List<RunningNormLayer> norms, List<Tensor> unbiased, List<int>? refused = null)
    {
        var seen = new List<(string, Tensor)>();
        var next = 0;
        var groups = (int)((x.size(0) + 1) / 2);

        // The micro-batches of two samples: sample i and sample i plus their number; an odd one out is the last.
        var members = Enumerable.Range(0, groups).Select(g =>
        {
            var full = x.size(0) / 2;
            return g < full ? new long[] { g, g + full } : [x.size(0) - 1];
        }).ToArray();

        (Tensor Y, Tensor M, Tensor V) Norm(Tensor value, Tensor? m0, Tensor? v0)
        {
            var index = next++;
            var norm = norms[index];
            var observed = members.Select(rows => value.index_select(0, tensor(rows)).transpose(0, 1).flatten(1)).ToArray();
            var mean = stack(observed.Select(part => part.mean([1])).ToArray());
            var variance = stack(observed.Select(part => part.var(1, unbiased: false)).ToArray());
            var bessel = stack(observed.Select(part => part.var(1, unbiased: true) - part.var(1, unbiased: false)).ToArray());
            var (m, v, share) = (mean, variance, 1.0);
            if (m0 is not null && v0 is not null && !((v0 / variance).mean().item<double>() < 100))
                refused?.Add(index);
            if (m0 is not null && v0 is not null && (v0 / variance).mean().item<double>() < 100)
            {
                const double p = 1 - Gain;
                m = p * m0 + (1 - p) * mean;
                v = p * v0 + (1 - p) * variance + p * (1 - p) * (mean - m0).square();
                share = Gain;
            }

            var y = zeros_like(value);
            for (var g = 0; g < groups; g++)
            {
                foreach (var row in members[g])
                {
                    var scale = norm.weight / (v[g] + Eps).sqrt();
                    y[row] = (value[row] - m[g].view(-1, 1, 1)) * scale.view(-1, 1, 1) + norm.bias.view(-1, 1, 1);
                }
            }

            seen.Add(($"{index} mean", m));
            seen.Add(($"{index} variance", v));
            seen.Add(($"{index} output", y));
            unbiased.Add(v + share * bessel);
            return (y, m, v);
        }

        (Tensor M, Tensor V) PseudoFeatures(Tensor m, Tensor v, Conv2d conv, long size)
        {
            var noise = randn([groups, m.size(1), size, size], float64);
            var map = conv.call((noise * v.sqrt().unsqueeze(2).unsqueeze(3) + m.unsqueeze(2).unsqueeze(3)).relu());
            return (map.mean([2, 3]), map.flatten(2).var(2, unbiased: false));
        }

        var (l, m, v) = Norm(conv0.call(x), null, null);
        l = l.relu();
        foreach (var (first, second) in units)
        {
            var (b1, m1, v1) = (l, m, v);
            if (first != units[0].First)
            {
                (b1, m1, v1) = Norm(l, m, v);
                b1 = b1.relu();
            }

            (m1, v1) = PseudoFeatures(m1, v1, first, b1.size(2));
            var (c1, m2, v2) = Norm(first.call(b1), m1, v1);
            var (m3, v3) = PseudoFeatures(m2, v2, second, c1.size(2));
            if (first.stride[0] == 2)
            {
                l = nn.functional.pad(nn.functional.avg_pool2d(l, [2, 2]), [0, 0, 0, 0, 2, 2]);
                (m, v) = (nn.functional.pad(m, [2, 2]), nn.functional.pad(v, [2, 2]));
            }

            l = second.call(c1.relu()) + l;
            (m, v) = (m + m3, v + v3);
        }

        seen.Add(("last", Norm(l, m, v).Y));
        return seen;
    }

    private Tensor TheirsInInference(Tensor x, List<RunningNormLayer> norms)
    {
        var next = 0;
        Tensor Norm(Tensor value)
        {
            var norm = norms[next++];
            var scale = norm.weight / (norm.running_var + Eps).sqrt();
            return (value - norm.running_mean.view(-1, 1, 1)) * scale.view(-1, 1, 1) + norm.bias.view(-1, 1, 1);
        }

        var l = Norm(conv0.call(x)).relu();
        foreach (var (first, second) in units)
        {
            var b1 = first == units[0].First ? l : Norm(l).relu();
            var c2 = second.call(Norm(first.call(b1)).relu());
            if (first.stride[0] == 2)
                l = nn.functional.pad(nn.functional.avg_pool2d(l, [2, 2]), [0, 0, 0, 0, 2, 2]);
            l = c2 + l;
        }

        return Norm(l);
    }

    private static Conv2d Conv(long from, long to, long stride) =>
        nn.Conv2d(from, to, 3, stride: stride, padding: 1, bias: false, dtype: float64);
}
