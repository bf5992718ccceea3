using System;
using System.Linq;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Runtime.Tests;

/// <summary>A layer that a value and its state pass together, against the two by themselves.</summary>
public sealed class ChainedLayerTests : TorchTest
{
    public static TheoryData<string> Convolutions => new(Known.Keys());

    [Theory]
    [MemberData(nameof(Convolutions))]
    public void OutputStateAndGradientsAreThoseOfTheTwo(string name)
    {
        using var conv = Known.Make(name);
        long[] size = [.. conv.kernel_size.Select((_, i) => 5L + i)];
        var input = Random([3, 6, .. size]).requires_grad_();
        var (mean, variance) = (Random(1, 6).requires_grad_(), (Random(1, 6).square() + 0.1).requires_grad_());
        var state = new AnalyticState(new(mean, variance), size).Pass(new ReluRule(), input);
        Tensor[] inputs = [input, mean, variance, .. conv.parameters()];

        foreach (var (usesOutput, usesState) in new[] { (true, true), (true, false), (false, true) })
        {
            var convolved = conv.call(input);
            var expected = Gradients(convolved, state.Pass(new ConvolutionRule(conv), convolved).ToMoments());
            var (output, behind) = conv.call(input, state);
            var actual = Gradients(output, behind!.ToMoments());
            Close(convolved, output, 1e-14, "output");
            Assert.Equal(output.shape[2..], behind.Size);
            for (var i = 0; i < inputs.Length; i++)
            {
                if (expected[i] is { } gradient)
                    Close(gradient, actual[i]!, 1e-12, $"gradient of input {i}");
            }

            Tensor?[] Gradients(Tensor output, Moments moments)
            {
                var loss = zeros([], float64);
                if (usesOutput)
                    loss += output.pow(3).sum();
                if (usesState)
                    loss += moments.Mean.square().sum() + moments.Variance.sqrt().sum();
                foreach (var tensor in inputs)
                    tensor.grad = null;
                loss.backward();
                return [.. inputs.Select(tensor => tensor.grad?.clone())];
            }
        }
    }

    [Fact]
    public void GradientsAddUpOverUsesAndPasses()
    {
        using var conv = nn.Conv2d(6, 4, 3, padding: 1, bias: false, dtype: float64);
        var input = Random(2, 6, 4, 5);
        var state = new AnalyticState(new(Random(1, 6), Random(1, 6).square()), [4, 5]);

        var once = Backward(uses: 1, passes: 1);
        Close(once * 2, Backward(uses: 2, passes: 1), 1e-12, "two uses");
        Close(once * 2, Backward(uses: 1, passes: 2), 1e-12, "two passes through a kept graph");

        Tensor Backward(int uses, int passes)
        {
            conv.weight!.grad = null;
            var loss = zeros([], float64);
            for (var use = 0; use < uses; use++)
            {
                var (output, behind) = conv.call(input, state);
                loss += output.square().sum() + behind!.ToMoments().Mean.sum() + behind.ToMoments().Variance.sum();
            }

            for (var pass = 0; pass < passes; pass++)
                loss.backward(retain_graph: true);
            return conv.weight.grad!.clone();
        }
    }

    [Fact]
    public void FrozenWeightsStayWithoutGradient()
    {
        using var conv = nn.Conv2d(6, 4, 3, dtype: float64);
        foreach (var parameter in conv.parameters())
            parameter.requires_grad_(false);
        var mean = Random(1, 6).requires_grad_();
        var (output, behind) = conv.call(Random(2, 6, 4, 5), new AnalyticState(new(mean, ones(1, 6, dtype: float64)), [4, 5]));
        Assert.False(output.requires_grad);
        behind!.ToMoments().Mean.sum().backward();
        Assert.NotNull(mean.grad);
        Assert.Null(conv.weight!.grad);
    }

    [Fact]
    public void HooksOfTheLayerAreCalled()
    {
        using var conv = nn.Conv2d(6, 4, 3);
        var calls = 0;
        conv.register_forward_hook((_, _, output) =>
        {
            calls++;
            return output;
        });
        conv.call(randn(2, 6, 4, 5), new AnalyticState(new(randn(1, 6), ones(1, 6)), [4, 5]));
        Assert.Equal(1, calls);
    }

    [Fact]
    public void WithoutAStateThereIsNone()
    {
        using var conv = nn.Conv2d(6, 4, 3);
        using var linear = nn.Linear(6, 4);
        Assert.Null(conv.call(randn(2, 6, 4, 5), null).state);
        Assert.Null(linear.call(randn(2, 6), null).state);
    }

    private static class Known
    {
        public static string[] Keys() => ["plain", "grouped", "strided", "same", "reflecting", "1d", "3d", "transposed"];

        public static Convolution Make(string name) => name switch
        {
            "plain" => nn.Conv2d(6, 4, 3, padding: 1, dtype: float64),
            "grouped" => nn.Conv2d(6, 9, 3, padding: 1, groups: 3, bias: false, dtype: float64),
            "strided" => nn.Conv2d(6, 5, (3, 2), stride: (2, 1), padding: (1, 0), dilation: (1, 2), dtype: float64),
            "same" => nn.Conv2d(6, 4, 3, padding: TorchSharp.Padding.Same, dtype: float64),
            "reflecting" => nn.Conv2d(6, 4, 3, padding: 1, padding_mode: TorchSharp.PaddingModes.Reflect, dtype: float64),
            "1d" => nn.Conv1d(6, 4, 3, padding: 1, dtype: float64),
            "3d" => nn.Conv3d(6, 4, (3, 3, 3), padding: (1, 0, 1), dtype: float64),
            "transposed" => nn.ConvTranspose2d(6, 4, 3, stride: 2, dtype: float64),
            _ => throw new ArgumentOutOfRangeException(nameof(name)),
        };
    }
}
