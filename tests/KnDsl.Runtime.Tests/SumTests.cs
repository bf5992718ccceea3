using System;
using System.Collections.Generic;
using System.Linq;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Runtime.Tests;

/// <summary>
/// The moments of sums and differences, computed straight from what the states are made of, against the formulas in torch's operations:
/// in a loop on a CPU, by the kernels of devices, and for types that have neither.
/// </summary>
public sealed class SumTests : TorchTest
{
    private const int Channels = 5, Rows = 3;

    private static readonly string[] Sources = ["emitted", "moments", "one row"];

    public static TheoryData<string, string, bool, int> Pairs
    {
        get
        {
            var pairs = new TheoryData<string, string, bool, int>();
            foreach (var first in Sources)
            {
                foreach (var second in Sources)
                {
                    foreach (var isRectified in new[] { false, true })
                    {
                        foreach (var sign in new[] { 1, -1 })
                            pairs.Add(first, second, isRectified, sign);
                    }
                }
            }

            return pairs;
        }
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Are_those_of_the_formulas(string first, string second, bool isRectified, int sign) =>
        Check(first, second, isRectified, sign, float64, 1e-12);

    [Theory]
    [MemberData(nameof(Pairs))]
    public void In_32_bits_too(string first, string second, bool isRectified, int sign) =>
        Check(first, second, isRectified, sign, float32, 1e-5);

    [KernelTheory]
    [MemberData(nameof(Pairs))]
    public void By_kernels_too(string first, string second, bool isRectified, int sign)
    {
        using var path = EmulatedKernels.Instance!.Take();
        Check(first, second, isRectified, sign, float64, 1e-12);
        Assert.Equal(1, EmulatedKernels.Instance.Launched["sum_moments"]);
        Assert.Equal(2, EmulatedKernels.Instance.Launched["sum_moments_gradient"]);
    }

    /// <summary>The moments of what a layer emits, by themselves.</summary>
    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.Float64)]
    public void Of_one_value_too(ScalarType type) => CheckOne(type);

    [KernelTheory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.Float64)]
    public void Of_one_value_by_kernels_too(ScalarType type)
    {
        using var path = EmulatedKernels.Instance!.Take();
        CheckOne(type);
        Assert.Equal(1, EmulatedKernels.Instance.Launched["sum_moments"]);
        Assert.Equal(2, EmulatedKernels.Instance.Launched["sum_moments_gradient"]);
    }

    /// <summary>The slope of a deviation is infinite at a variance of 0: a constant, such as a padded channel, keeps its own.</summary>
    [Fact]
    public void A_constant_has_no_slope_by_its_deviation()
    {
        var (mean, variance) = (zeros([1, 2], float64).requires_grad_(), zeros([1, 2], float64).requires_grad_());
        var constant = ChannelState.Gaussian(mean, variance, [2, 2]).Pass(new ReluRule(), zeros(6, 2, 2, 2));
        var joined = ChannelState.Join(new SumRule(), zeros(6, 2, 2, 2), constant, constant)!.ToMoments();
        (joined.Mean + joined.Variance).sum().backward();
        Assert.All(cat([mean.grad!, variance.grad!]).data<double>(), slope => Assert.Equal(1, slope, 1e-9));
    }

    /// <summary>Of a mean much larger than the deviation, and of one much smaller than minus it.</summary>
    [Theory]
    [InlineData(1e8, 1, 1)]
    [InlineData(1e4, 1e-9, 1e-9)]
    [InlineData(1, 1e-16, 1e-16)]
    [InlineData(-50, 1, 0)]
    public void A_small_variance_beside_a_large_mean_stays(double mean, double variance, double expected)
    {
        var state = ChannelState.Gaussian(full([1, 1], mean, float64), full([1, 1], variance, float64), [2, 2])
            .Pass(new ReluRule(), zeros(6, 1, 2, 2));
        var joined = ChannelState.Join(new SumRule(), zeros(6, 1, 2, 2), state, state)!.ToMoments();
        Close(full([1, 1], 2 * Math.Max(0, mean), float64), joined.Mean, 1e-12);
        Assert.Equal(2 * expected, joined.Variance.item<double>(), 1e-6 * expected);
        var weight = ones([1, 1, 1, 1], float64);
        var (_, after) = FusedStep.Pass(((AnalyticState)state).Source(), weight, bias: null, groups: 1, seen: null);
        Assert.Equal(expected, after.item<double>(), 1e-6 * expected);
    }

    /// <summary>The loops of a CPU do not read a spread that only a device knows.</summary>
    [Fact]
    public void A_spread_of_a_device_is_read_elsewhere_too()
    {
        var (weight, bias) = (new Parameter(rand(Channels, float64) + 1), new Parameter(randn(Channels, float64)));
        var state = new EmittedState(weight, bias, new(1, tensor(1.7, float64)), [2, 2]);
        Close((weight.square() * 1.7).unsqueeze(0), state.ToMoments().Variance, 1e-12, "by itself");
        var joined = ChannelState.Join(new SumRule(), zeros(6, Channels, 2, 2), state, state)!.ToMoments();
        Close((weight.square() * 3.4).unsqueeze(0), joined.Variance, 1e-12, "together");
    }

    /// <summary>Parameters of 16 bits are widened, which the loops do not do; other divisions of the batch are mixed.</summary>
    [Fact]
    public void What_the_loops_do_not_read_is_computed_by_torch()
    {
        var (narrow, wide) = (new Value("emitted", isRectified: false, bfloat16), new Value("moments", isRectified: false, float32));
        var joined = ChannelState.Join(new SumRule(), zeros(6, Channels, 2, 2), narrow.State, wide.State)!.ToMoments();
        Close(narrow.Moments.Variance + wide.Moments.Variance, joined.Variance, 1e-5, "16 bits");

        var (three, two) = (new Value("moments", isRectified: false, float64), randn(2, Channels, float64));
        var other = ChannelState.Gaussian(two, two.exp(), [2, 2]);
        joined = ChannelState.Join(new SumRule(), zeros(6, Channels, 2, 2), three.State, other)!.ToMoments();
        Close(three.Moments.Mean.mean([0], keepdim: true) + two.mean([0], keepdim: true), joined.Mean, 1e-12, "divisions");
    }

    private static void CheckOne(ScalarType type)
    {
        var value = new Value("emitted", isRectified: false, type);
        Compare(value.Moments, value.State, value.Leaves, type == float64 ? 1e-12 : 1e-5, "what is emitted");
    }

    private static void Check(string first, string second, bool isRectified, int sign, ScalarType type, double tolerance)
    {
        var (one, other) = (new Value(first, isRectified, type), new Value(second, isRectified && sign > 0, type));
        JoinRule rule = sign > 0 ? new SumRule() : new DifferenceRule();
        var joined = ChannelState.Join(rule, zeros(6, Channels, 2, 2), one.State, other.State)!;
        var expected = (one.Moments.Mean + sign * other.Moments.Mean, one.Moments.Variance + other.Moments.Variance);
        Compare(
            expected, joined, [.. one.Leaves, .. other.Leaves], tolerance,
            $"{first}{(isRectified ? ", rectified" : "")}, {second}, sign {sign}");
        Assert.Equal([first == "moments" || second == "moments" ? Rows : 1, Channels], joined.ToMoments().Mean.shape);
    }

    /// <summary>Compares moments and their gradients: of both, and of the mean alone, where the node gets none for the variance.</summary>
    private static void Compare(
        (Tensor Mean, Tensor Variance) expected, ChannelState state, IReadOnlyList<Tensor> leaves, double tolerance, string what)
    {
        var actual = state.ToMoments();
        Close(expected.Mean.to(actual.Mean.dtype), actual.Mean, tolerance, $"mean of {what}");
        Close(expected.Variance.to(actual.Mean.dtype), actual.Variance, tolerance, $"variance of {what}");
        foreach (var withVariance in new[] { true, false })
        {
            var (byMean, byVariance) = (randn_like(actual.Mean), randn_like(actual.Mean));
            foreach (var (of, gradient) in Gradients(expected.Mean, expected.Variance).Zip(Gradients(actual.Mean, actual.Variance)))
                Close(of, gradient, 10 * tolerance, $"gradient of {what}");

            Tensor[] Gradients(Tensor mean, Tensor variance)
            {
                foreach (var leaf in leaves)
                    leaf.grad?.zero_();
                var sum = (mean * byMean).sum();
                (withVariance ? sum + (variance * byVariance).sum() : sum).backward(retain_graph: true);
                return [.. leaves.Select(leaf => (leaf.grad ?? zeros_like(leaf)).clone())];
            }
        }
    }

    /// <summary>A value by its state, and its moments by the formulas in 64 bits.</summary>
    private sealed class Value
    {
        private const double Spread = 1.7;

        public Value(string source, bool isRectified, ScalarType type)
        {
            long[] shape = source switch
            {
                "emitted" => [Channels],
                "moments" => [Rows, Channels],
                _ => [1, Channels],
            };
            var (mean, variance) = (
                new Parameter(randn(shape, float64).to(type)), new Parameter((rand(shape, float64) + 0.3).to(type)));
            Leaves = [mean, variance];
            var held = (Mean: mean.to(float64), Variance: variance.to(float64));
            if (source == "emitted")
            {
                var onDevice = DevicePath.IsTaken(mean) ? tensor(Spread, float64) : null;
                State = new EmittedState(variance, mean, new(Spread, onDevice), [2, 2]);
                Moments = (held.Mean.unsqueeze(0), held.Variance.square().unsqueeze(0) * Spread);
            }
            else
            {
                State = ChannelState.Gaussian(mean, variance, [2, 2]);
                Moments = held;
            }

            if (!isRectified)
                return;
            State = State.Pass(new ReluRule(), zeros(6, Channels, 2, 2));
            var deviation = Moments.Variance.sqrt();
            var z = Moments.Mean / deviation;
            var (above, density) = ((1 + (z / Math.Sqrt(2)).erf()) / 2, (-z.square() / 2).exp() / Math.Sqrt(2 * Math.PI));
            var first = Moments.Mean * above + deviation * density;
            var second = (Moments.Mean.square() + Moments.Variance) * above + Moments.Mean * deviation * density;
            Moments = (first, second - first.square());
        }

        public ChannelState State { get; }

        public (Tensor Mean, Tensor Variance) Moments { get; }

        public IReadOnlyList<Tensor> Leaves { get; }
    }
}
