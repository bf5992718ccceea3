using System.Collections.Generic;
using System.Linq;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Runtime.Tests;

/// <summary>
/// Layers of every policy compute the same whatever the strides of a value are: with sizes of 1 several layouts are one, and native
/// kernels tell them apart differently.
/// </summary>
public sealed class LayoutTests : TorchTest
{
    private const long Channels = 4;

    public static TheoryData<string> All => [.. EveryPolicy.Names];

    /// <summary>Policies whose layers take a prior.</summary>
    private static readonly string[] Chained =
        ["kalman", "kalman, whole", "sampled", "learned", "adaptive", "groupkalman", "layerkalman", "instancekalman"];

    private static readonly long[][] Shapes =
    [
        [4, 4], [4, 4, 6], [4, 4, 1], [4, 4, 6, 1], [4, 4, 1, 6], [4, 4, 1, 1], [1, 4, 3, 5], [1, 4, 6, 1], [5, 4, 2, 3], [4, 4, 1, 3, 1],
        [4, 4, 3, 1, 1], [1, 4, 1, 1, 6], [4, 4, 2, 3, 2],
    ];

    /// <summary>The layouts in which gradients come.</summary>
    private static readonly string[] GradientLayouts = ["contiguous", "channels last", "unsqueezed", "permuted"];

    /// <summary>A value of a shape, its numbers the same in every layout where that is possible.</summary>
    private static IEnumerable<(string Layout, Tensor Value)> Layouts(long[] shape)
    {
        var x = randn(shape) * 2 + 1;
        var last = shape.Length - 1;
        var all = Enumerable.Range(0, shape.Length).ToArray();
        yield return ("contiguous", x);
        yield return ("channels last", x.movedim([1], [last]).contiguous().movedim([last], [1]));
        yield return ("batch last", x.movedim([0], [last]).contiguous().movedim([last], [0]));
        yield return ("strided", stack([x, x], last + 1).select(last + 1, 0));
        yield return ("sliced channels", cat([x, x, x], 1).narrow(1, 2, shape[1]));
        yield return ("every other sample", stack([x, x], 1).flatten(0, 1).slice(0, 0, 2 * shape[0], 2));
        if (shape[0] == 1)
            yield return ("unsqueezed", x[0].movedim([0], [last - 1]).contiguous().movedim([last - 1], [0]).unsqueeze(0));
        if (last > 1)
            yield return ("permuted", x.transpose(1, 2).contiguous().transpose(1, 2));
        foreach (var axis in all)
            yield return ($"expanded along {axis}", x.narrow(axis, 0, 1).expand(shape));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void EveryLayoutAgreesWithSixtyFourBits(string name)
    {
        foreach (var shape in Shapes)
        {
            using var scope = NewDisposeScope();
            foreach (var (layout, value) in Layouts(shape))
            {
                foreach (var withPrior in Chained.Contains(name) ? new[] { false, true } : [false])
                    Agrees(name, value, withPrior, $"{name}, {layout}, [{string.Join(", ", shape)}], prior {withPrior}");
            }
        }
    }

    private static void Agrees(string name, Tensor value, bool withPrior, string what)
    {
        using var scope = NewDisposeScope();
        using var exact = EveryPolicy.Of(name).Create(Channels, dtype: float64);
        using var layer = EveryPolicy.Of(name).Create(Channels);
        var x = value.detach().requires_grad_();
        var wide = zeros(value.shape, float64).add_(value.detach()).requires_grad_();
        Assert.True(wide.is_contiguous());

        (Tensor, ChannelState?, ChannelState?) Forward(NormLayer of, Tensor input) => of.forward(input, withPrior
            ? ChannelState.Gaussian(tensor([0.5, 1, 1.5, 0.9], input.dtype), tensor([3.0, 4, 5, 2], input.dtype), value.shape[2..])
            : null);

        var (refusal, refused) = (Record.Exception(() => Forward(exact, wide)), Record.Exception(() => Forward(layer, x)));
        if (refusal is not null)
        {
            // One value per statistic: refused alike in every layout.
            Assert.Equal((what, refusal.Message), (what, refused?.Message));
            return;
        }
        Assert.True(refused is null, $"{what}: {refused}");
        // Where all values of a statistic are equal, what is left of the difference to their mean is rounding.
        var tolerance = what.Contains("expanded") || value.numel() <= 16 ? 2e-2 : 1e-4;
        foreach (var training in new[] { true, false })
        {
            exact.train(training);
            layer.train(training);
            foreach (var (of, gradient) in Layouts(value.shape).Where(entry => GradientLayouts.Contains(entry.Layout)))
            {
                var (y, expected) = (Forward(layer, x).Item1, Forward(exact, wide).Item1);
                Close(expected, y, tolerance, $"{what}, training {training}");
                autograd.backward([y], [gradient]);
                autograd.backward([expected], [zeros(value.shape, float64).add_(gradient)]);
                if (!what.Contains("expanded"))
                    Close(wide.grad!, x.grad!, 100 * tolerance, $"gradient of {what}, training {training}, from one that is {of}");
                var parameters = exact.named_parameters().Zip(layer.parameters()).Where(pair => pair.Second.grad is not null);
                foreach (var ((parameter, of64), of32) in parameters)
                    Close(of64.grad!, of32.grad!, 100 * tolerance, $"gradient of {parameter} of {what}, training {training}, from {of}");
                wide.grad!.zero_();
                x.grad!.zero_();
                exact.zero_grad();
                layer.zero_grad();
            }
        }
    }
}
