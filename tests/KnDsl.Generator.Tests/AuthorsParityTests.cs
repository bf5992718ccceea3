using System;
using System.Collections.Generic;
using System.Linq;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Generator.Tests;

/// <summary>
/// The case PreActivation, as it is generated, with the sampled transition, against a re-statement in 64 bits of what Wang et
/// al. released: over several batches, a smaller one the last, fed the same pseudo-features, then in inference. Padded channels
/// are padded per micro-batch and running averages take the mean of all micro-batches, which theirs do not.
/// </summary>
public sealed class AuthorsParityTests : TorchTest
{
    private const double P = 0.9, Eps = 1e-5, Momentum = 0.1;

    [Fact]
    public void AGeneratedNetworkDoesWhatTheirsDoes()
    {
        using var network = GeneratedCase.Of("PreActivation").CreateNetwork(
            NormPolicy.Kalman(1 - P, microbatch: 2, transition: Transition.Sampled), dtype: float64);
        using (no_grad())
        {
            foreach (var (name, parameter) in network.named_parameters().Where(entry => entry.parameter.dim() == 1))
                parameter.add_(randn_like(parameter) * 0.3);
        }

        var theirs = new Restated(network);

        foreach (var samples in new[] { 8, 8, 6, 5 })
        {
            var image = randn([samples, 1, 12, 16], float64);
            manual_seed(7);
            var actual = GeneratedCase.Run(network, image).Single();
            manual_seed(7);
            Close(theirs.Training(image), actual, 1e-6, $"{samples} samples");
            Assert.Equal(9, theirs.Averages.Count);
            foreach (var (name, (mean, variance)) in theirs.Averages)
            {
                Close(mean, network.get_buffer($"{name}.running_mean")!, 1e-6, $"{name}, mean");
                Close(variance, network.get_buffer($"{name}.running_var")!, 1e-6, $"{name}, variance");
            }
        }

        network.eval();
        var seen = randn([3, 1, 12, 16], float64);
        Close(theirs.Inference(seen), GeneratedCase.Run(network, seen).Single(), 1e-6, "inference");
    }

    /// <summary>The network from its formulas; only the parameters are the generated one's.</summary>
    private sealed class Restated(nn.Module network)
    {
        private (Tensor M, Tensor V)? _state;
        private long[][] _groups = [];

        public Dictionary<string, (Tensor Mean, Tensor Variance)> Averages { get; } = [];

        private Tensor Parameter(string name) => network.get_parameter(name)!;

        public Tensor Training(Tensor image)
        {
            var (samples, full) = (image.size(0), image.size(0) / 2);
            _groups = [.. Enumerable.Range(0, (int)(samples + 1) / 2).Select(g => g < full ? new[] { g, g + full } : [samples - 1])];
            _state = null;
            return Forward(image, Observe, Draw);
        }

        public Tensor Inference(Tensor image)
        {
            _state = null;
            return Forward(image, (x, name, prior) =>
            {
                var (mean, variance) = Averages[name];
                return (Scaled(x - mean.view(-1, 1, 1), variance, name), prior);
            }, (prior, _, _, _) => prior);
        }

        private delegate (Tensor Y, (Tensor M, Tensor V)? Filtered) Norm(Tensor x, string name, (Tensor M, Tensor V)? prior);

        private delegate (Tensor M, Tensor V)? Transit((Tensor M, Tensor V)? filtered, string conv, long stride, long[] size);

        private Tensor Forward(Tensor image, Norm norm, Transit transit)
        {
            var l = Conv(image, "stem", 1);
            foreach (var (unit, stride) in new[] { ("stage1.0", 1L), ("stage1.1", 1), ("stage2.0", 2), ("stage2.1", 1) })
            {
                // The shortcut carries the prior of the unit's first norm, or that norm's own statistics where there is none.
                var (y, filtered) = norm(l, $"{unit}.norm1", _state);
                var shortcut = _state ?? filtered;
                y = y.relu();
                var prior = transit(filtered, $"{unit}.conv1", stride, y.shape[2..]);
                (y, filtered) = norm(Conv(y, $"{unit}.conv1", stride), $"{unit}.norm2", prior);
                y = y.relu();
                var branch = transit(filtered, $"{unit}.conv2", 1, y.shape[2..]);
                y = Conv(y, $"{unit}.conv2", 1);
                if (stride == 2)
                {
                    var pad = y.size(1) - l.size(1);
                    l = nn.functional.pad(nn.functional.avg_pool2d(l, [2, 2]), [0, 0, 0, 0, 0, pad]);
                    if (shortcut is { } wide)
                        shortcut = (nn.functional.pad(wide.M, [0, pad]), nn.functional.pad(wide.V, [0, pad]));
                }

                l = y + l;
                _state = branch is { } a && shortcut is { } b ? (a.M + b.M, a.V + b.V) : null;
            }

            var last = norm(l, "norm", _state).Y.relu().mean([2, 3]);
            return last.matmul(Parameter("fc.weight").t()) + Parameter("fc.bias");
        }

        private Tensor Conv(Tensor x, string name, long stride) =>
            nn.functional.conv2d(x, Parameter($"{name}.weight"), strides: [stride, stride], padding: [1, 1]);

        private (Tensor, (Tensor, Tensor)?) Observe(Tensor x, string name, (Tensor M, Tensor V)? prior)
        {
            var parts = _groups.Select(rows => x.index_select(0, tensor(rows)).transpose(0, 1).flatten(1)).ToArray();
            var mean = stack(parts.Select(part => part.mean([1])));
            var variance = stack(parts.Select(part => part.var(1, unbiased: false)));
            var bessel = stack(parts.Select(part => part.var(1, unbiased: true))) - variance;
            var (m, v, share) = (mean, variance, 1.0);
            if (prior is { } known && (known.V / variance).mean().item<double>() < 100)
            {
                m = P * known.M + (1 - P) * mean;
                v = P * known.V + (1 - P) * variance + P * (1 - P) * (mean - known.M).square();
                share = 1 - P;
            }

            var y = zeros_like(x);
            foreach (var (rows, g) in _groups.Select((rows, g) => (rows, g)))
            {
                foreach (var row in rows)
                    y[row] = Scaled(x[row] - m[g].view(-1, 1, 1), v[g], name);
            }

            if (!Averages.TryGetValue(name, out var old))
                old = (zeros_like(m[0]), ones_like(v[0]));
            Averages[name] = (
                (old.Mean + Momentum * (m.mean([0]) - old.Mean)).detach(),
                (old.Variance + Momentum * ((v + share * bessel).mean([0]) - old.Variance)).detach());
            return (y, (m, v));
        }

        private Tensor Scaled(Tensor centered, Tensor variance, string name) =>
            centered * (Parameter($"{name}.weight") / (variance + Eps).sqrt()).view(-1, 1, 1) + Parameter($"{name}.bias").view(-1, 1, 1);

        private (Tensor, Tensor)? Draw((Tensor M, Tensor V)? filtered, string conv, long stride, long[] size)
        {
            var (m, v) = filtered ?? throw new InvalidOperationException("Nothing was observed.");
            var noise = randn([_groups.Length, m.size(1), .. size], float64);
            var map = Conv((noise * v.sqrt().unsqueeze(2).unsqueeze(3) + m.unsqueeze(2).unsqueeze(3)).relu(), conv, stride);
            return (map.mean([2, 3]), map.flatten(2).var(2, unbiased: false));
        }
    }
}
