using System;
using System.Collections.Generic;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Runtime.Tests;

/// <summary>Settings, their spelling and their errors; what layers of every policy have in common.</summary>
public sealed class PolicyTests : TorchTest
{
    public static TheoryData<string> All => [.. Policies.Keys];

    private static readonly Dictionary<string, NormPolicy> Policies = new()
    {
        ["kalman()"] = NormPolicy.Kalman(),
        ["kalman(gain: 0.1, microbatch: 2)"] = NormPolicy.Kalman(gain: 0.1, microbatch: 2),
        ["kalman(gain: (mean: 1, variance: 0.1))"] = NormPolicy.Kalman(new Gain(mean: 1, variance: 0.1)),
        ["kalman(gain: 0.1, transition: sampled, microbatch: 2)"] =
            NormPolicy.Kalman(0.1, 2, Transition.Sampled),
        ["kalman(eps: 0.001, momentum: 0.2)"] = NormPolicy.Kalman(eps: 1e-3, momentum: 0.2),
        ["batch()"] = NormPolicy.Batch(),
        ["batch(microbatch: 2)"] = NormPolicy.Batch(2),
        ["batch(synchronized: true)"] = NormPolicy.Batch(synchronized: true),
        ["group(4)"] = NormPolicy.Group(4),
        ["none()"] = NormPolicy.None(),
        ["layer()"] = NormPolicy.Layer(),
        ["instance(eps: 0.001)"] = NormPolicy.Instance(1e-3),
        ["instance(affine: false)"] = NormPolicy.Instance(affine: false),
        ["renorm()"] = NormPolicy.Renorm(),
        ["renorm(r_max: 2, d_max: 1, warm_up: 0, r_steps: 10, d_steps: 10, microbatch: 2, momentum: 0.1)"] =
            NormPolicy.Renorm(2, 1, 0, 10, 10, 2, momentum: 0.1),
        ["groupkalman(4)"] = NormPolicy.GroupKalman(4),
        ["groupkalman(2, gain: 0.3)"] = NormPolicy.GroupKalman(2, 0.3),
        ["layerkalman()"] = NormPolicy.LayerKalman(),
        ["layerkalman(gain: 0.3, momentum: 0.2)"] = NormPolicy.LayerKalman(0.3, momentum: 0.2),
        ["instancekalman()"] = NormPolicy.InstanceKalman(),
        ["instancekalman(gain: (mean: 0.5, variance: 0.25), eps: 0.001)"] = NormPolicy.InstanceKalman(new Gain(0.5, 0.25), 1e-3),
        ["kalman(gain: learned)"] = NormPolicy.Kalman(Gain.Learned()),
        ["kalman(gain: adaptive(channel), microbatch: 4)"] = NormPolicy.Kalman(Gain.Adaptive(perChannel: true), 4),
        ["kalman(gain: 0.1, transition: learned)"] = NormPolicy.Kalman(0.1, transition: Transition.Learned),
    };

    [Theory]
    [MemberData(nameof(All))]
    public void IsSpelledAsAKnnetFileSpellsIt(string spelling)
    {
        Assert.Equal(spelling, Policies[spelling].ToString());
        Assert.Equal("group()", NormPolicy.Group().ToString());
        Assert.Equal(NormPolicy.Kalman(0.1), NormPolicy.Kalman(0.1));
        Assert.NotEqual(NormPolicy.Kalman(0.1), NormPolicy.Kalman(0.2));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void NormalizesAnyRankIntoANewTensor(string spelling)
    {
        foreach (var shape in new long[][] { [6, 8], [6, 8, 5], [6, 8, 3, 4], [6, 8, 2, 3, 2] })
        {
            if (shape.Length > 2 || !spelling.StartsWith("instance(", StringComparison.Ordinal))
            {
                foreach (var training in new[] { true, false })
                {
                    using var layer = Policies[spelling].Create(8);
                    layer.train(training);
                    var x = randn(shape);
                    var y = layer.call(x);
                    Assert.Equal(shape, y.shape);
                    Assert.NotSame(x, y);
                    Assert.NotEqual(x.Handle, y.Handle);
                    Assert.True(y.isfinite().all().item<bool>());
                    y.Dispose();
                    Assert.True(x.isfinite().all().item<bool>());
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void StatesAreForTrainingOfAChainOnly(string spelling)
    {
        using var layer = Policies[spelling].Create(8);
        var (_, emitted, posterior) = layer.forward(randn(6, 8, 3, 4), null);
        var isChain = spelling.Contains("kalman", StringComparison.Ordinal);
        Assert.Equal(isChain, emitted is not null);
        Assert.Equal(isChain, posterior is not null);
        if (isChain)
            Assert.Equal([3L, 4L], emitted!.Size);

        layer.eval();
        Assert.Equal((null, null), (layer.forward(randn(6, 8, 3, 4), null).emitted, layer.forward(randn(6, 8, 3, 4), null).posterior));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void AValueOfOtherChannelsIsRefused(string spelling)
    {
        using var layer = Policies[spelling].Create(8);
        var error = Assert.Throws<ArgumentException>(() => layer.call(randn(2, 7, 3, 3)));
        Assert.Contains("[2, 7, 3, 3]", error.Message);
        Assert.Contains("[N, 8, ...]", error.Message);
        Assert.Throws<ArgumentException>(() => layer.call(randn(8)));
    }

    [Fact]
    public void SettingsOutOfRangeNameTheSettingTheValueAndTheRange()
    {
        Refused("gain is 0, but it must be greater than 0 and at most 1", () => NormPolicy.Kalman(gain: 0));
        Refused("gain is 1.5", () => NormPolicy.Kalman(gain: 1.5));
        Refused("gain is NaN", () => NormPolicy.Kalman(gain: double.NaN));
        Refused("gain of the mean is -1", () => new Gain(-1, 0.5));
        Refused("gain of the variance is 2", () => new Gain(1, 2));
        Refused("microbatch is 0, but it must be at least 1, or null for the whole batch", () => NormPolicy.Kalman(microbatch: 0));
        Refused("microbatch is -2", () => NormPolicy.Batch(microbatch: -2));
        Refused(
            "microbatch is 2, but it cannot be given where the statistics are synchronized",
            () => NormPolicy.Batch(microbatch: 2, synchronized: true));
        Refused("eps is 0, but it must be a finite number above 0", () => NormPolicy.Kalman(eps: 0));
        Refused("eps is Infinity", () => NormPolicy.Group(8, eps: double.PositiveInfinity));
        Refused("momentum is -0.1, but it must be at least 0 and at most 1", () => NormPolicy.Batch(momentum: -0.1));
        Refused("momentum is NaN, but", () => NormPolicy.Kalman(momentum: double.NaN));
        Refused("transition is 7", () => NormPolicy.Kalman(transition: (Transition)7));
        Refused("gain of the mean is 1, but it is learned and must begin between 0 and 1", () => Gain.Learned(mean: 1));
        Refused("rMax is 0.5, but it must be a finite number, at least 1", () => NormPolicy.Renorm(rMax: 0.5));
        Refused("dMax is -1, but", () => NormPolicy.Renorm(dMax: -1));
        Refused("rSteps is 3, but it must be at least warmUp, 5000", () => NormPolicy.Renorm(rSteps: 3));
        Refused("gain is learned, but it must be fixed where statistics", () => NormPolicy.GroupKalman(gain: Gain.Learned()));
        Refused("gain is adaptive, but it must be fixed where statistics", () => NormPolicy.InstanceKalman(Gain.Adaptive()));
        Refused("groups is 3, but", () => NormPolicy.GroupKalman(3).Create(8));
        Refused("groups is 0, but it must be at least 1", () => NormPolicy.Group(0));
        Refused("groups is 3, but it must divide the layer's 8 channels", () => NormPolicy.Group(3).Create(8));
        Refused("channels is 0, but it must be at least 1", () => NormPolicy.Kalman().Create(0));
    }

    [Fact]
    public void DefaultGainFollowsTheSamples()
    {
        Assert.Equal((0.25, 1, 1), (Gain.Default.Mean(1), Gain.Default.Mean(2), Gain.Default.Mean(64)));
        Assert.Equal(0.25, Gain.Default.Variance(1));
        foreach (var (samples, gain) in new[] { (2, 0.2504), (4, 0.2535), (8, 0.2768), (16, 0.4218), (24, 0.625), (64, 0.9624), (1024, 1) })
            Assert.Equal(gain, Gain.Default.Variance(samples), 1e-3);
        Assert.Equal((0.3, 0.3), (new Gain(0.3).Mean(1), new Gain(0.3).Variance(1)));
    }

    [Fact]
    public void AnEmptyBatchAndALoneValueAreErrors()
    {
        using var layer = NormPolicy.Kalman().Create(3);
        Assert.Contains("empty", Assert.Throws<ArgumentException>(() => layer.call(randn(0, 3, 4, 4))).Message);

        // Where a chain begins, one sample has the layer's past for a prior; the authors' transition has none.
        using var sampled = NormPolicy.Kalman(transition: Transition.Sampled).Create(3);
        Assert.Contains("more than 1 value", Assert.Throws<ArgumentException>(() => sampled.call(randn(1, 3, 1, 1))).Message);
    }

    [Fact]
    public void APriorOfOtherShapeIsRefused()
    {
        using var layer = NormPolicy.Kalman(microbatch: 2).Create(3);
        Assert.Throws<ArgumentException>(
            () => layer.forward(randn(8, 3, 2, 2), new AnalyticState(new(zeros(1, 4), ones(1, 4)), [2, 2])));
        using var groups = NormPolicy.GroupKalman(1).Create(3);
        Assert.Contains("4 channels where 3 were expected", Assert.Throws<ArgumentException>(
            () => groups.forward(randn(8, 3, 2, 2), new AnalyticState(new(zeros(1, 4), ones(1, 4)), [2, 2]))).Message);
    }

    [Theory]
    [InlineData("kalman(gain: 0.1, microbatch: 2)")]
    [InlineData("groupkalman(4)")]
    [InlineData("layerkalman()")]
    [InlineData("instancekalman()")]
    public void APriorOfOtherMicroBatchesIsTheirMixture(string spelling)
    {
        // So that layers of one network may have policies of their own.
        var (x, mean, variance) = (Random(8, 8, 2, 2), Random(3, 8), Random(3, 8).square() + 0.2);
        using var layer = Policies[spelling].Create(8, dtype: float64);
        using var other = Policies[spelling].Create(8, dtype: float64);
        var mixed = mean.mean([0]);
        var expected = other.forward(x, ChannelState.Gaussian(mixed, (variance + mean.square()).mean([0]) - mixed.square(), [2, 2])).output;
        Close(expected, layer.forward(x, ChannelState.Gaussian(mean, variance, [2, 2])).output, 1e-12);
    }

    private static void Refused(string message, Action action) =>
        Assert.Contains(message, Assert.Throws<ArgumentOutOfRangeException>(action).Message);
}
