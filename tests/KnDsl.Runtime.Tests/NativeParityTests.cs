using System;
using System.Collections.Generic;
using System.Linq;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Runtime.Tests;

/// <summary>
/// Policies that PyTorch has too are computed by loops of our own on a CPU: outputs, gradients, second derivatives and running averages
/// are those of PyTorch's kernels.
/// </summary>
public sealed class NativeParityTests : TorchTest
{
    private const long Channels = 6;
    private const double Eps = 1e-5;

    private static readonly Dictionary<string, (NormPolicy Policy, Func<Tensor, Tensor?, Tensor?, Tensor> Native)> Policies = new()
    {
        ["batch"] = (NormPolicy.Batch(),
            (x, w, b) => nn.functional.batch_norm(x, null!, null!, w, b, training: true, momentum: 0, eps: Eps)),
        ["group"] = (NormPolicy.Group(3), (x, w, b) => nn.functional.group_norm(x, 3, w, b, Eps)),
        ["layer"] = (NormPolicy.Layer(), (x, w, b) => nn.functional.group_norm(x, 1, w, b, Eps)),
        ["instance"] = (NormPolicy.Instance(), (x, w, b) => nn.functional.group_norm(x, Channels, w, b, Eps)),
        ["instance, plain"] = (NormPolicy.Instance(affine: false), (x, w, b) => nn.functional.group_norm(x, Channels, w, b, Eps)),
    };

    public static TheoryData<string> All => [.. Policies.Keys];

    private static readonly long[][] Shapes = [[8, 6], [4, 6, 9], [3, 6, 5, 7], [2, 6, 2, 3, 4], [2, 6, 60, 61], [1, 6, 8, 1]];

    private static (Tensor? Weight, Tensor? Bias) Parameters(NormLayer layer)
    {
        if (layer is not AffineNormLayer affine)
            return (null, null);
        using var noGrad = no_grad();
        affine.weight.copy_(randn(Channels));
        affine.bias.copy_(randn(Channels));
        return (affine.weight.detach().clone().requires_grad_(), affine.bias.detach().clone().requires_grad_());
    }

    [Theory]
    [MemberData(nameof(All))]
    public void OutputsAndGradientsAreNative(string name)
    {
        var (policy, native) = Policies[name];
        foreach (var type in new[] { ScalarType.Float32, ScalarType.Float64 })
        {
            foreach (var shape in Shapes.Where(shape => name is "batch" or "group" or "layer" || shape.Length > 2))
            {
                using var scope = NewDisposeScope();
                // A group of two values has little but rounding.
                var tolerance = type == ScalarType.Float64 ? 1e-11 : shape.Length == 2 ? 2e-3 : 5e-5;
                using var layer = policy.Create(Channels, dtype: type);
                var (weight, bias) = Parameters(layer);
                var x = (randn(shape, type) * 3 + 2).requires_grad_();
                var same = x.detach().clone().requires_grad_();
                var direction = randn(shape, type);
                var what = $"{name}, {type}, [{string.Join(", ", shape)}]";

                var (y, expected) = (layer.call(x), native(same, weight, bias));
                Close(expected, y, tolerance, what);
                y.backward([direction]);
                expected.backward([direction]);
                Close(same.grad!, x.grad!, tolerance, $"gradient of {what}");
                foreach (var (own, of) in layer.parameters().Zip([weight, bias]))
                    Close(of!.grad!, own.grad!, 10 * tolerance, $"gradient of a parameter, {what}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void SecondDerivativesAreNative(string name)
    {
        var (policy, native) = Policies[name];
        using var layer = policy.Create(Channels, dtype: ScalarType.Float64);
        var (weight, bias) = Parameters(layer);
        var x = Random(3, Channels, 4, 3).requires_grad_();
        var same = x.detach().clone().requires_grad_();
        var (direction, second) = (Random(3, Channels, 4, 3).requires_grad_(), Random(3, Channels, 4, 3));
        var sameDirection = direction.detach().clone().requires_grad_();

        Penalize(layer.call(x), x, direction);
        Penalize(native(same, weight, bias), same, sameDirection);
        Close(same.grad!, x.grad!, 1e-10, "input");
        Close(sameDirection.grad!, direction.grad!, 1e-10, "gradient of the output");
        foreach (var (own, of) in layer.parameters().Zip([weight, bias]))
            Close(of!.grad!, own.grad!, 1e-10, "parameter");

        // As a gradient penalty does it: the loss has a gradient in it.
        void Penalize(Tensor y, Tensor input, Tensor along)
        {
            var gradient = autograd.grad([y.sin()], [input], [along], retain_graph: true, create_graph: true)[0];
            ((gradient * second).sum() + y.square().sum()).backward();
        }
    }

    [Fact]
    public void RunningAveragesAreNative()
    {
        using var layer = (RunningNormLayer)NormPolicy.Batch(momentum: 0.3).Create(Channels);
        using var native = nn.BatchNorm2d(Channels, momentum: 0.3);
        for (var pass = 0; pass < 3; pass++)
        {
            var x = randn(4, Channels, 5, 5) * 2 + 3;
            layer.call(x);
            native.call(x);
        }

        foreach (var (key, expected) in native.state_dict())
            Close(expected, layer.state_dict()[key], 1e-6, key);
        layer.eval();
        native.eval();
        var seen = randn(4, Channels, 5, 5);
        Close(native.call(seen), layer.call(seen), 1e-6, "inference with gradients");
        using var noGrad = no_grad();
        Close(native.call(seen), layer.call(seen), 1e-6, "inference");
    }

    /// <summary>An image asks for no gradient, and frozen parameters ask for none.</summary>
    [Theory]
    [MemberData(nameof(All))]
    public void GradientsAreOfWhatAsksForThem(string name)
    {
        using var layer = Policies[name].Policy.Create(Channels);
        var x = randn(4, Channels, 5, 5);
        if (layer is AffineNormLayer affine)
        {
            layer.call(x).square().sum().backward();
            Assert.Null(x.grad);
            Assert.NotNull(affine.weight.grad);
            affine.zero_grad();
            affine.weight.requires_grad = false;
            affine.bias.requires_grad = false;
        }

        Assert.False(layer.call(x).requires_grad);
        x.requires_grad_();
        layer.call(x).pow(3).sum().backward();
        Assert.NotNull(x.grad);
        Assert.All(layer.parameters(), parameter => Assert.Null(parameter.grad));
    }

    /// <summary>In inference it spoils its own sample alone; in training it is an error that says where.</summary>
    [Theory]
    [InlineData("group")]
    [InlineData("layer")]
    [InlineData("instance")]
    [InlineData("instance, plain")]
    public void AValueThatIsNotFiniteSpoilsItsSampleInInferenceAlone(string name)
    {
        using var layer = Policies[name].Policy.Create(Channels);
        var x = randn(4, Channels, 5, 5);
        x[2, 1, 3, 3] = float.NaN;
        var error = Assert.Throws<NotFiniteNumberException>(() => layer.call(x));
        Assert.Contains("sample 2 holds NaN or infinity", error.Message);

        layer.eval();
        var y = layer.call(x);
        Assert.Equal([true, true, false, true], y.isfinite().flatten(1).all(1).data<bool>().ToArray());
    }
}
