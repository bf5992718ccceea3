using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Operations;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Generator.Tests;

/// <summary>
/// Every operation of the catalogue between two norms of a generated network: the first norm hands on independent Gaussian
/// draws and their state, the last one compares the prior that reaches it with what it gets.
/// </summary>
public sealed class CatalogueMomentTests : TorchTest
{
    private const long Draws = 200_000;

    private static readonly ConcurrentDictionary<string, GeneratedCase> Cases = new();

    /// <summary>Operations with the sizes of their input behind the batch.</summary>
    private static readonly Dictionary<string, string[]> Stages = new()
    {
        ["conv"] = ["4, 6, 5: conv(8, 3, stride: 2, groups: 2)", "4, 6, 5: conv(3, 3, padding: same, dilation: 2)"],
        ["conv1d"] = ["4, 9: conv1d(3, 4, padding: 2)"],
        ["conv3d"] = ["4, 3, 4, 3: conv3d(3, [1, 3, 2])"],
        ["conv_transpose"] = ["4, 4, 3: conv_transpose(6, 3, stride: 2, padding: 1, groups: 2)"],
        ["conv_transpose1d"] = ["4, 6: conv_transpose1d(3, 4, stride: 3)"],
        ["conv_transpose3d"] = ["4, 2, 3, 2: conv_transpose3d(3, 2, stride: 2)"],
        ["linear"] = ["4: linear(5)", "4, 7: linear(3)", "4, 2, 7: linear(3, bias: false)"],
        ["prelu"] = ["4, 3: prelu(initial: 0.3)"],
        ["glu"] = ["4, 3: glu"],
        ["softmax"] = ["4: softmax", "4, 6: softmax(-1)"],
        ["log_softmax"] = ["4, 3: log_softmax", "4, 2, 5: log_softmax(3)",
            "4, 3, 2: permute(0, 2, 3, 1) -> log_softmax(1) -> permute(0, 3, 1, 2)"],
        ["threshold"] = ["4, 3: threshold(0.5, -1.5)"],
        ["hardshrink"] = ["4, 3: hardshrink(0.7)"],
        ["maxpool"] = ["4, 7, 6: maxpool(3, stride: 2, padding: 1)", "4, 3, 2: maxpool(global)"],
        ["maxpool1d"] = ["4, 8: maxpool1d(3, stride: 2, ceil: true)"],
        ["maxpool3d"] = ["4, 3, 4, 3: maxpool3d(2)"],
        ["avgpool"] = ["4, 7, 6: avgpool(3, stride: 2, padding: 1)", "4, 3, 2: avgpool(global)"],
        ["avgpool1d"] = ["4, 8: avgpool1d(3)"],
        ["avgpool3d"] = ["4, 3, 4, 3: avgpool3d(2, stride: 1)"],
        ["adaptive_avgpool"] = ["4, 7, 6: adaptive_avgpool([3, 4])"],
        ["adaptive_avgpool1d"] = ["4, 7: adaptive_avgpool1d(3)"],
        ["adaptive_avgpool3d"] = ["4, 3, 4, 3: adaptive_avgpool3d(2)"],
        ["adaptive_maxpool"] = ["4, 7, 6: adaptive_maxpool([3, 4])"],
        ["adaptive_maxpool1d"] = ["4, 7: adaptive_maxpool1d(3)"],
        ["adaptive_maxpool3d"] = ["4, 3, 4, 3: adaptive_maxpool3d(2)"],
        ["mean"] = ["4, 3, 2: mean(2, 3)", "4, 3, 2: mean(1)", "4, 3, 5: mean(1, 2, keep: true)",
            "4, 3, 2: permute(0, 2, 3, 1) -> mean(1)", "4, 3, 2: permute(0, 2, 3, 1) -> mean(1, 2) -> relu"],
        ["sum"] = ["4, 3, 2: sum(-1)", "4, 3, 2: sum(1, 3)"],
        ["max"] = ["4, 3, 2: max(2, 3)", "4, 3, 5: max(-1, keep: true)"],
        ["upsample"] = ["4, 3, 4: upsample(2)", "4, 3, 4: upsample(size: [5, 7], mode: bilinear)",
            "4, 5: upsample(size: 8, mode: linear, align_corners: true)"],
        ["pixel_shuffle"] = ["4, 3, 2: pixel_shuffle(2)"],
        ["pixel_unshuffle"] = ["4, 4, 2: pixel_unshuffle(2)"],
        ["channel_shuffle"] = ["4, 3: channel_shuffle(2)"],
        ["flatten"] = ["4, 3, 2: flatten", "4, 3, 2: flatten(2)",
            "4, 3, 2: permute(0, 2, 3, 1) -> flatten(1, 2) -> linear(5) -> relu -> permute(0, 2, 1)"],
        ["reshape"] = ["4, 3, 2: reshape(3, 8)", "4, 3, 2: reshape(2, 2, -1)", "4: reshape(2, 2)",
            "4, 4, 2: permute(0, 2, 3, 1) -> reshape(2, 2, 2, 4) -> permute(0, 1, 3, 2, 4) -> reshape(-1, 4) -> gelu -> permute(0, 2, 1)"],
        ["permute"] = ["4, 3, 2: permute(0, 2, 1, 3)", "4, 3, 2: permute(0, 1, 3, 2)",
            "4, 3, 2: permute(0, 2, 3, 1) -> linear(5) -> gelu -> permute(0, 3, 1, 2)"],
        ["squeeze"] = ["4, 1, 3: squeeze(2)", "1, 4, 3: squeeze(1)",
            "4, 1, 3: permute(0, 2, 3, 1) -> squeeze(1) -> permute(0, 2, 1)"],
        ["roll"] = ["4, 3, 5: roll([1, -2], axes: [2, 3])", "4, 3, 5: roll([1, 2, -1], axes: [-1, 1, 1])",
            "4, 3, 2: permute(0, 2, 3, 1) -> roll([1, 1], axes: [3, 1]) -> permute(0, 3, 1, 2)"],
        ["select"] = ["4, 3, 5: select(1, axis: 2)", "4, 3: select(-1, axis: -1)", "4, 3: select(-2)", "4, 3, 5: select(1, axis: 1)",
            "4, 3, 5: permute(0, 2, 3, 1) -> select(1, axis: 1) -> permute(0, 2, 1)",
            "4, 3, 2: permute(0, 2, 3, 1) -> select(1, axis: -1)"],
        ["slice"] = ["4, 3: slice(1, 3)", "4, 5: slice(1, 4, axis: 2)",
            "6, 5, 2: permute(0, 2, 3, 1) -> slice(1, 5, axis: -1, step: 2) -> slice(1, 4, step: 2) -> slice(0, 1, axis: 2) -> relu"
                + " -> permute(0, 3, 1, 2)"],
        ["dropout"] = ["4, 3: dropout(0.3)"],
        ["dropout1d"] = ["4, 3: dropout1d(0.3)"],
        ["dropout2d"] = ["4, 1, 3: dropout2d(0.3)"],
        ["stochastic_depth"] = ["4, 1: stochastic_depth(0.3)"],
        ["layer_scale"] = ["4, 3: layer_scale(0.7)"],
        ["pad"] = ["4, 3, 4: pad([1, 2, 0, 1], channels: [1, 2], value: 0.5)"],
        ["identity"] = ["4, 3: identity"],
    };

    /// <summary>Operations of several values or with several: a and b are outputs of a norm each.</summary>
    private static readonly Dictionary<string, string[]> Joins = new()
    {
        ["split"] =
        [
            "4, 3: y, z = a -> split(2)\n    c = concat(z, y, b)",
            "4, 3: y, z = a -> permute(0, 2, 1) -> split(2, axis: 2)\n    c = concat(z -> permute(0, 2, 1), y -> permute(0, 2, 1), b)",
        ],
        ["concat"] = ["4, 3: c = concat(a, b -> relu)", "4, 3: c = concat(a, b -> relu, axis: 2)",
            "4, 3, 2: c = concat(a -> slice(0, 1, axis: 2), b, axis: -2)"],
        ["learned"] =
        [
            "4, 3: t = gate: learned(4, 1, value: 0.3, std: 0.2)\n    u = shift: learned(1, value: 0.5)\n    g = (t -> sigmoid) * 2 + u\n"
                + "    c = concat(a * g, b + (t * u -> tanh) - u)",
            "4, 3: t = shift: learned(4, 1, value: 0.5, std: 0.2)\n    c = concat(a + t, b - t)",
            "4, 3: t = scale: learned(4, 1, value: 0.5, std: 0.2)\n    c = concat(a * t, b)",
            "4, 3: t, u = weights: learned(2, value: 0.5, std: 0.3) -> softmax(axis: 0) -> split(2, axis: 0)\n    c = a * t - b * u",
            "4, 3: t = scales: learned(2, 6, 1, value: 0.5, std: 0.2)\n    s = t -> select(1, axis: 0) -> slice(0, 6, axis: 0, step: 2)\n"
                + "    u = t -> slice(0, 4) -> permute(1, 0, 2) -> slice(0, 1) -> squeeze(2) -> softmax(axis: 0)\n"
                + "    c = concat(a * u, (b -> slice(0, 3)) * s)",
        ],
        ["matmul"] = ["4, 4: c = matmul(a, b)", "4, 2, 3: c = matmul(a, b -> permute(0, 1, 3, 2))"],
        ["+"] = ["4, 3: c = a + (b -> relu)", "4, 3, 2: c = a + (b -> avgpool(global))",
            "4, 3, 2: c = (a -> permute(0, 2, 3, 1)) + (b -> relu -> permute(0, 2, 3, 1)) -> permute(0, 3, 1, 2)"],
        ["-"] = ["4, 3: c = a - (b -> relu)", "4, 3: c = (a -> slice(0, 1)) - b"],
        ["*"] = ["4, 3: c = a * (b -> sigmoid)", "4, 3, 2: c = a * (b -> avgpool(global))",
            "4, 3, 2: d = b -> permute(0, 2, 3, 1) -> mean(1, 2, keep: true)\n"
                + "    c = (a -> permute(0, 2, 3, 1)) * d -> permute(0, 3, 1, 2)"],
    };

    /// <summary>What has no state to hand on although it has a rule: what hands states on, and what takes whole numbers.</summary>
    private static readonly string[] WithoutState = ["norm", "embedding"];

    private static readonly (string Name, NormPolicy Policy)[] Policies =
    [
        ("kalman", NormPolicy.Kalman(microbatch: 4)), ("sampled", NormPolicy.Kalman(0.1, 2, Transition.Sampled)),
        ("learned", NormPolicy.Kalman(Gain.Adaptive(perChannel: true), 2, Transition.Learned)), ("groupkalman", NormPolicy.GroupKalman(1)),
        ("batch", NormPolicy.Batch()), ("renorm", NormPolicy.Renorm(microbatch: 2)), ("layer", NormPolicy.Layer()),
    ];

    public static TheoryData<string> Operations =>
        [.. OperationCatalogue.All.Where(layer => layer.MomentRule is not null).Select(layer => layer.Name).Append("split").Distinct()
            .Except(WithoutState)];

    [Theory]
    [MemberData(nameof(Operations))]
    public void PriorsAreTheMomentsOfWhatArrives(string operation)
    {
        foreach (var source in Sources(operation))
        {
            var @case = Cases.GetOrAdd(source, GeneratedCase.Inline);
            Assert.Empty(@case.Diagnostics);
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            var probe = new ProbePolicy();
            using var network = @case.CreateNetwork(probe, dtype: ScalarType.Float64);
            network.train();
            probe.Agrees(() =>
                GeneratedCase.Run(network, Inputs(@case, probe.Seen is null ? 2 : Math.Max(2, Draws / probe.PositionsSeen))), source);
        }
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public void RunsUnderEveryPolicy(string operation)
    {
        foreach (var source in Sources(operation))
        {
            var @case = Cases.GetOrAdd(source, GeneratedCase.Inline);
            foreach (var (what, policy) in Policies)
            {
                using var scope = NewDisposeScope();
                using var network = @case.CreateNetwork(policy);
                network.train();
                var outputs = GeneratedCase.Run(network, Inputs(@case, 6, ScalarType.Float32));
                Assert.All(outputs, output => Assert.True(output.isfinite().all().item<bool>(), $"{what}: {source}"));
                outputs.Select(output => output.square().sum()).Aggregate((a, b) => a + b).backward();
                Assert.All(network.parameters(), parameter => Assert.True(
                    parameter.grad is null || parameter.grad.isfinite().all().item<bool>(), $"{what}: {source}"));
                network.eval();
                GeneratedCase.Run(network, Inputs(@case, 6, ScalarType.Float32));
                Assert.Equal([0, 1], GeneratedCase.Run(network, Inputs(@case, 0, ScalarType.Float32)).Single().shape);
            }
        }
    }

    [Fact]
    public void AnEmbeddingLosesNothing()
    {
        var @case = GeneratedCase.Inline("""
            network Tokens(policy: norm = kalman())
            {
                input tokens[N, 6]
                norm = policy
                y = tokens -> embed: embedding(10, 4) -> permute(0, 2, 1) -> first: norm -> relu -> conv1d(3, 3) -> last: norm -> mean(2)
                output y[N, 3]
            }
            """);
        Assert.Empty(@case.Diagnostics);
        using var network = @case.CreateNetwork();
        Assert.Equal([5L, 3L], GeneratedCase.Run(network, randint(10, [5, 6], dtype: ScalarType.Int64)).Single().shape);
    }

    [Theory]
    [InlineData("4, 3: softmax(0)")]
    [InlineData("4, 3: slice(0, 2, axis: 0)")]
    [InlineData("4, 3: mean(0, keep: true)")]
    [InlineData("4, 3: flatten(0, 1)")]
    public void WhatMixesSamplesCutsTheChainAndSaysSo(string stage) =>
        Assert.Contains(GeneratedCase.Inline(Source(stage, isJoin: false)).Diagnostics, diagnostic => diagnostic.Id is "KN0301");

    private static Tensor[] Inputs(GeneratedCase @case, long samples, ScalarType dtype = ScalarType.Float64) =>
        [.. @case.Network.Inputs.Select(input => randn([samples, .. input.Shape.Sizes.Skip(1).Select(size => size.Value!.Value)], dtype))];

    /// <summary>Networks that have an operation between two norms.</summary>
    internal static IEnumerable<string> Sources(string operation)
    {
        if (Joins.TryGetValue(operation, out var joins))
            return joins.Select(join => Source(join, isJoin: true));
        if (Stages.TryGetValue(operation, out var stages))
            return stages.Select(stage => Source(stage, isJoin: false));
        Assert.True(OperationCatalogue.Find(operation) is Elementwise,
            $"{operation} has a moment rule: add stages to try to {nameof(Stages)}, or to {nameof(Joins)}.");
        return [Source($"4, 3: {operation}", isJoin: false)];
    }

    private static string Source(string example, bool isJoin)
    {
        var (size, text) = (example[..example.IndexOf(':')], example[(example.IndexOf(':') + 2)..]);
        return $$"""
            network Probe(policy: norm = kalman())
            {
                input image[N, {{size}}]{{(isJoin ? $", other[N, {size}]" : "")}}
                norm = policy
                a = image -> first: norm
                {{(isJoin ? $"b = other -> second: norm\n    {text}\n    d = c -> last: norm" : $"d = a -> {text} -> last: norm")}}
                y = d -> flatten -> linear(1)
                output y[N, 1]
            }
            """;
    }

    /// <summary>Where a chain begins, draws; elsewhere, a comparison of the prior with the value.</summary>
    private sealed record ProbePolicy : NormPolicy
    {
        public (Tensor Value, Tensor Mean, Tensor Variance)? Seen { get; set; }

        public long PositionsSeen => Seen!.Value.Value.numel() / (Seen.Value.Value.size(0) * Seen.Value.Value.size(1));

        public void Agrees(Action run, string source)
        {
            run();
            Assert.True(Seen is not null, $"no prior arrives: {source}");
            run();
            var (value, priorMean, priorVariance) = Seen!.Value;
            var values = value.transpose(0, 1).flatten(1);
            var (mean, variance) = (values.mean([1]), values.var(1, unbiased: false));
            Assert.Equal(mean.shape, priorMean[0].shape);
            var scale = (priorVariance[0] + priorMean[0].square()).sqrt().clamp_min(1e-9);
            var meanError = ((mean - priorMean[0]) / scale).abs().max().item<double>();
            var varianceError = ((variance - priorVariance[0]) / priorVariance[0].clamp_min(1e-9)).abs().max().item<double>();
            Assert.True(meanError < 0.02, $"mean off by {meanError:P2}: {source}");
            Assert.True(varianceError < 0.04, $"variance off by {varianceError:P2}: {source}");
        }

        public override NormLayer Create(long channels, Device? device = null, ScalarType? dtype = null) => new ProbeLayer(this, channels);

        public override NormPolicy With(double? eps = null, double? momentum = null) => this;

        protected override string Name => "probe";

        protected override IEnumerable<string> Settings() => [];
    }

    private sealed class ProbeLayer(ProbePolicy policy, long channels) : NormLayer("ProbeLayer", channels)
    {
        public override (Tensor output, ChannelState? emitted, ChannelState? posterior) forward(Tensor input, ChannelState? prior)
        {
            var size = input.shape[2..];
            if (prior is not null)
            {
                Assert.Equal(size, prior.Size);
                var (priorMean, priorVariance) = prior.MeanAndVariance();
                policy.Seen = (Kept(input), Kept(priorMean), Kept(priorVariance));
                return (input.alias(), null, null);
            }

            static Tensor Kept(Tensor tensor) => tensor.clone().DetachFromDisposeScope();

            var mean = arange(num_features, ScalarType.Float64) * 0.6 - 0.7;
            var variance = (arange(num_features, ScalarType.Float64) + 1).reciprocal() + 0.2;
            long[] shape = [-1, .. size.Select(_ => 1L)];
            var output = randn_like(input) * variance.sqrt().view(shape) + mean.view(shape);
            return (output, ChannelState.Gaussian(mean, variance, size), null);
        }
    }
}
