using System;
using System.Linq;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Device.Tests;

/// <summary>A layer of every policy gives on a device what it gives on a CPU.</summary>
public sealed class LayerTests : DeviceTest
{
    public static TheoryData<string> All => [.. EveryPolicy.Names];

    /// <summary>Those that draw no random numbers, which a device draws otherwise.</summary>
    public static TheoryData<string> Determined => [.. EveryPolicy.Normalizing.Where(name => name != "sampled")];

    public static TheoryData<string> Normalizing => [.. EveryPolicy.Normalizing];

    /// <summary>Both passes, running averages and inference, in 64 bits.</summary>
    [Theory]
    [MemberData(nameof(Determined))]
    public void Gives_what_a_CPU_gives(string name)
    {
        foreach (var withPrior in new[] { false, true })
        {
            using var ofCpu = EveryPolicy.Of(name).Create(4, dtype: float64);
            using var ofDevice = EveryPolicy.Of(name).Create(4, Device, float64);
            // The second pass meets averages that the first has updated; of five samples one is left over in micro-batches of two.
            for (var pass = 0; pass < 2; pass++)
            {
                var (x, direction) = (Random(5, 4, 3, 3) * 2 + 1, Random(5, 4, 3, 3));
                Close(
                    LayerPass.Run(ofCpu, x, direction, withPrior),
                    LayerPass.Run(ofDevice, x.to(Device), direction.to(Device), withPrior), 1e-9,
                    $"{name} in pass {pass}, prior {withPrior}");
            }

            ofCpu.eval();
            ofDevice.eval();
            var seen = Random(3, 4, 3, 3);
            Close(ofCpu.call(seen), ofDevice.call(seen.to(Device)).cpu(), 1e-9, $"inference of {name}");
        }
    }

    /// <summary>32 and 16 bits, channels last, and values of 16 bits in a layer of 32: against a CPU in 64.</summary>
    [Theory]
    [MemberData(nameof(Determined))]
    public void Types_and_layouts_agree_with_64_bits(string name)
    {
        foreach (var (type, ofLayer, tolerance) in new[]
                 {
                     (ScalarType.Float32, ScalarType.Float32, 1e-4), (ScalarType.BFloat16, ScalarType.Float32, 6e-2),
                     (ScalarType.Float16, ScalarType.Float32, 1e-2), (ScalarType.BFloat16, ScalarType.BFloat16, 6e-2),
                 })
        {
            foreach (var channelsLast in new[] { false, true })
            {
                var what = $"{name}, {type} in a layer of {ofLayer}{(channelsLast ? ", channels last" : "")}";
                using var exact = EveryPolicy.Of(name).Create(4, dtype: float64);
                using var layer = EveryPolicy.Of(name).Create(4, Device, ofLayer);
                var x = (Random(6, 4, 5, 4) * 2 + 1).to(type);
                var wide = x.to(float64).detach().requires_grad_();
                var narrow = x.to(Device);
                if (channelsLast)
                    narrow = narrow.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);
                narrow = narrow.detach().requires_grad_();
                var expected = exact.call(wide, ChannelState.Gaussian(ones(4, float64), ones(4, float64) * 4, [5, 4])).output;
                var statistics = Moments.TypeFor(ofLayer);
                var actual = layer.call(
                    narrow, ChannelState.Gaussian(ones(4, statistics, Device), ones(4, statistics, Device) * 4, [5, 4])).output;
                Assert.Equal(type, actual.dtype);
                Close(expected, actual.cpu(), tolerance, what);
                (expected * (wide.detach() + 1)).sum().backward();
                (actual.to(float64) * (wide.detach().to(Device) + 1)).sum().backward();
                Assert.Equal(type, narrow.grad!.dtype);
                Close(wide.grad!, narrow.grad!.cpu(), 4 * tolerance, $"gradient of {what}");
            }
        }
    }

    /// <summary>What comes after a norm, and a shortcut that is added.</summary>
    [Theory]
    [MemberData(nameof(Determined))]
    public void An_epilogue_gives_what_a_CPU_gives(string name)
    {
        foreach (var activation in Enum.GetValues<Activation>())
        {
            foreach (var adds in new[] { false, true })
            {
                using var ofCpu = EveryPolicy.Of(name).Create(4, dtype: float64);
                using var ofDevice = EveryPolicy.Of(name).Create(4, Device, float64);
                var (x, shortcut) = (Random(6, 4, 3, 3), Random(6, 4, 3, 3));
                var expected = Pass(ofCpu, x, shortcut);
                var actual = Pass(ofDevice, x.to(Device), shortcut.to(Device));
                // Torch's hardswish has a sixth in 32 bits on CUDA.
                var tolerance = activation == Activation.Hardswish ? 1e-6 : 1e-9;
                foreach (var (of, other) in expected.Zip(actual))
                    Close(of, other.cpu(), tolerance, $"{name}, {activation}, adds {adds}");

                Tensor[] Pass(NormLayer layer, Tensor value, Tensor added)
                {
                    var (input, other) = (value.clone().requires_grad_(), added.clone().requires_grad_());
                    var output = layer.call(input, new Epilogue(activation, adds ? other : null));
                    output.square().sum().backward();
                    return adds ? [output, input.grad!, other.grad!] : [output, input.grad!];
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Normalizing))]
    public void A_value_that_is_not_finite_spoils_nothing_and_is_reported(string name)
    {
        using var layer = EveryPolicy.Of(name).Create(4, Device, float64);
        var x = Random(4, 4, 3, 3).to(Device);
        layer.call(x, Prior());
        var before = layer.state_dict().ToDictionary(entry => entry.Key, entry => entry.Value.cpu().clone());
        var bad = x.clone();
        bad[1, 2, 0, 0] = double.NaN;
        layer.call(bad, Prior());
        if (!IsRehearsal)
            cuda.synchronize(Device);
        foreach (var (entry, value) in layer.state_dict())
            Close(before[entry], value.cpu(), 0, entry);
        var error = Assert.Throws<NotFiniteNumberException>(() => layer.call(x, Prior()));
        Assert.Contains(layer.GetName(), error.Message, StringComparison.Ordinal);
        layer.call(x, Prior());
    }

    /// <summary>Weights that were made on a CPU are those of a layer on the device, and back.</summary>
    [Theory]
    [MemberData(nameof(All))]
    public void A_layer_moves_between_devices(string name)
    {
        using var layer = EveryPolicy.Of(name).Create(4);
        var x = randn(6, 4, 3, 3);
        layer.call(x);
        layer.eval();
        var expected = layer.call(x);
        layer.to(Device);
        Assert.All(layer.state_dict().Values, value => Assert.Equal(Device.type, value.device_type));
        Close(expected, layer.call(x.to(Device)).cpu(), 1e-5, name);
        layer.train();
        layer.call(x.to(Device));
        layer.to(CPU);
        layer.call(x);
    }

    private static ChannelState Prior() =>
        ChannelState.Gaussian(zeros(4, float64, Device), ones(4, float64, Device), [3, 3]);
}
