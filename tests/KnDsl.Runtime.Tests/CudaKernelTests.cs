using System;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Runtime.Tests;

/// <summary>
/// The kernels for CUDA devices, compiled for a CPU, against its own loops: what they compute is held here, that they run on a device by
/// KnDsl.Device.Tests.
/// </summary>
public sealed class CudaKernelTests : TorchTest
{
    /// <summary>Those that the kernels serve: the sampled transition and renorm are composed of torch's operations.</summary>
    public static TheoryData<string> Policies =>
        [.. EveryPolicy.Normalizing.Where(name => name is not ("sampled" or "renorm"))];

    [KernelTheory]
    [MemberData(nameof(Policies))]
    public void A_layer_gives_what_the_loops_of_a_CPU_give(string name)
    {
        foreach (var shape in new long[][] { [5, 4, 3, 3], [4, 4, 8], [6, 4], [3, 4, 1, 2], [32, 4, 4, 6] })
        {
            foreach (var withPrior in new[] { false, true })
            {
                // Without a prior a statistic of one value is an error, which others test.
                if (shape.Length == 2 && name is not ("batch" or "kalman, whole"))
                    continue;
                using var ofCpu = EveryPolicy.Of(name).Create(4, dtype: float64);
                using var ofDevice = EveryPolicy.Of(name).Create(4, dtype: float64);
                foreach (var layer in new[] { ofCpu, ofDevice })
                {
                    using var noGrad = no_grad();
                    manual_seed(3);
                    foreach (var parameter in layer.parameters().Where(parameter => parameter.numel() == 4))
                        parameter.copy_(randn(4, float64) + 1.5);
                }

                for (var pass = 0; pass < 2; pass++)
                {
                    var (x, direction) = (Random(shape) * 2 + 1, Random(shape));
                    var expected = LayerPass.Run(ofCpu, x, direction, withPrior);
                    using var path = EmulatedKernels.Instance!.Take();
                    var actual = LayerPass.Run(ofDevice, x, direction, withPrior);
                    Assert.Equal(1, EmulatedKernels.Instance.Launched["gradient_statistics"]);
                    foreach (var (what, value) in expected)
                        Close(value, actual[what], 1e-9, $"{what} of {name}, [{string.Join(", ", shape)}], pass {pass}, prior {withPrior}");
                }
            }
        }
    }

    [KernelTheory]
    [MemberData(nameof(Policies))]
    public void What_comes_after_a_layer_is_in_its_passes(string name)
    {
        foreach (var activation in Enum.GetValues<Activation>())
        {
            foreach (var adds in new[] { false, true })
            {
                var (x, addend, direction) = (Random(6, 4, 3, 3), Random(6, 4, 3, 3), Random(6, 4, 3, 3));
                var expected = Pass();
                using var path = EmulatedKernels.Instance!.Take();
                foreach (var (of, actual) in expected.Zip(Pass()))
                    Close(of, actual, 1e-12, $"{name}, {activation}, adds {adds}");

                Tensor[] Pass()
                {
                    using var layer = EveryPolicy.Of(name).Create(4, dtype: float64);
                    var (input, added) = (x.clone().requires_grad_(), addend.clone().requires_grad_());
                    var prior = ChannelState.Gaussian(zeros(4, float64), ones(4, float64), [3, 3]);
                    var output = layer.call(input, prior, new Epilogue(activation, adds ? added : null)).output;
                    (output * direction).sum().backward();
                    Tensor[] given = [output.detach(), input.grad!, .. layer.parameters().Select(parameter => parameter.grad!)];
                    return adds ? [.. given, added.grad!] : given;
                }
            }
        }
    }

    /// <summary>States go from layer to layer in the forms that the kernels read.</summary>
    [KernelTheory]
    [MemberData(nameof(Policies))]
    public void A_network_trains_as_by_the_loops_of_a_CPU(string name)
    {
        // The network's layers have 4 and 8 channels.
        var image = Random(5, 1, 8, 8);
        var expected = Train();
        using var path = EmulatedKernels.Instance!.Take();
        foreach (var (of, actual) in expected.Zip(Train()))
            Close(of, actual, 1e-9, name);
        if (name.StartsWith("kalman", StringComparison.Ordinal))
            Assert.NotEqual(0, EmulatedKernels.Instance.Launched["step_source"]);

        Tensor[] Train()
        {
            manual_seed(7);
            using var network = new ChainNetwork(EveryPolicy.Of(name), dtype: float64);
            for (var step = 0; step < 2; step++)
                network.call(image).square().sum().backward();
            return
            [
                .. network.parameters().Select(parameter => parameter.grad).OfType<Tensor>(),
                .. network.buffers().Select(buffer => buffer.clone()),
            ];
        }
    }

    /// <summary>In inference there is no chain, and a sample that is not finite spoils itself alone.</summary>
    [KernelTheory]
    [MemberData(nameof(Policies))]
    public void Inference_is_that_of_a_CPU(string name)
    {
        using var layer = EveryPolicy.Of(name).Create(4, dtype: float64);
        layer.call(Random(6, 4, 3, 3), ChannelState.Gaussian(zeros(4, float64), ones(4, float64), [3, 3]));
        layer.eval();
        var x = Random(3, 4, 3, 3);
        var expected = layer.call(x);
        using var path = EmulatedKernels.Instance!.Take();
        Close(expected, layer.call(x), 1e-9, name);
        x[1, 0, 0, 0] = double.NaN;
        var spoiled = layer.call(x);
        Close(expected[0], spoiled[0], 1e-9, name);
        Close(expected[2], spoiled[2], 1e-9, name);
        layer.call(x);
    }

    [KernelTheory]
    [MemberData(nameof(Policies))]
    public void A_value_that_is_not_finite_spoils_nothing_and_is_reported_at_the_next_call(string name)
    {
        using var path = EmulatedKernels.Instance!.Take();
        DevicePathTests.SpoilsNothing(name, double.PositiveInfinity);
    }

    /// <summary>Functions of straight lines, and their derivatives.</summary>
    [KernelTheory]
    [InlineData("relu")]
    [InlineData("relu6")]
    [InlineData("threshold")]
    [InlineData("hardshrink")]
    [InlineData("softshrink")]
    public void Moments_after_straight_lines_are_those_of_the_rules(string name)
    {
        MomentRule rule = name switch
        {
            "relu" => new ReluRule(),
            "relu6" => new ClampRule(0, 6),
            "threshold" => new ThresholdRule(0.1, -2),
            "hardshrink" => new HardshrinkRule(0.5),
            _ => new SoftshrinkRule(0.5),
        };
        var (mean, variance) = (Random(3, 50) * 3, Random(3, 50).square() * 4);
        var (gm, gv) = (Random(3, 50), Random(3, 50));
        var expected = Pass();
        using var path = EmulatedKernels.Instance!.Take();
        foreach (var (of, actual) in expected.Zip(Pass()))
            Close(of, actual, 1e-9, name);
        Assert.Equal(1, EmulatedKernels.Instance.Launched["pieces_gradient"]);

        Tensor[] Pass()
        {
            var moments = new Moments(mean.clone().requires_grad_(), variance.clone().requires_grad_());
            var after = rule.Pass(moments, [], []);
            ((after.Mean * gm).sum() + (after.Variance * gv).sum()).backward();
            return [after.Mean.detach(), after.Variance.detach(), moments.Mean.grad!, moments.Variance.grad!];
        }
    }

    /// <summary>They come back in the layout in which they came.</summary>
    [KernelTheory]
    [MemberData(nameof(Policies))]
    public void Channels_last_stay_last(string name)
    {
        using var ofCpu = EveryPolicy.Of(name).Create(4, dtype: float64);
        using var ofDevice = EveryPolicy.Of(name).Create(4, dtype: float64);
        var x = Random(6, 4, 3, 5);
        var (first, second) = (x.clone().requires_grad_(), Strides.ToChannelsLast(x).requires_grad_());
        var expected = ofCpu.call(first, new Epilogue(Activation.Relu));
        expected.square().sum().backward();
        using var path = EmulatedKernels.Instance!.Take();
        var actual = ofDevice.call(second, new Epilogue(Activation.Relu));
        actual.square().sum().backward();
        Close(expected, actual, 1e-9, name);
        Close(first.grad!, second.grad!, 1e-9, name);
        Assert.NotEqual(0, EmulatedKernels.Instance.Launched["write_output"]);
    }

    /// <summary>A value far from all others is the first that a thread sees: squared differences from it are large.</summary>
    [KernelTheory]
    [InlineData(1000)]
    [InlineData(-30)]
    public void A_value_far_from_the_others_costs_few_digits(double far)
    {
        using var ofCpu = NormPolicy.Batch().Create(1);
        using var ofDevice = NormPolicy.Batch().Create(1);
        var x = randn(1, 1, 200, 200) * 0.01;
        x[0, 0, 0, TensorIndex.Slice(0, 16)] = far;
        ofCpu.call(x);
        using var path = EmulatedKernels.Instance!.Take();
        ofDevice.call(x);
        Close(ofCpu.get_buffer("running_var")!, ofDevice.get_buffer("running_var")!, 2e-5, "variance");
    }

    /// <summary>Where a function bends, and for what is no number.</summary>
    [KernelTheory]
    [InlineData(Activation.Relu, 0)]
    [InlineData(Activation.Relu6, 0)]
    [InlineData(Activation.Relu6, 6)]
    [InlineData(Activation.Hardswish, -3)]
    [InlineData(Activation.Hardswish, 3)]
    public void Slopes_at_a_bend_are_those_of_a_CPU(Activation activation, double at)
    {
        var x = Random(2, 1, 3, 3);
        var expected = Gradient();
        using var path = EmulatedKernels.Instance!.Take();
        Close(expected, Gradient(), 1e-12, $"{activation} at {at}");

        Tensor Gradient()
        {
            using var layer = NormPolicy.Batch().Create(1, dtype: float64);
            using (no_grad())
            {
                layer.get_parameter("weight")!.zero_();
                layer.get_parameter("bias")!.fill_(at);
            }

            layer.call(x, new Epilogue(activation)).sum().backward();
            return layer.get_parameter("bias")!.grad!;
        }
    }

    /// <summary>Where they cannot be compiled, it is said once.</summary>
    [Fact]
    public void Without_a_driver_torchs_operations_do_the_work()
    {
        if (NativeLibrary.TryLoad("libcuda.so.1", out _))
            return;
        var (before, written) = (Console.Error, new StringWriter());
        Console.SetError(written);
        try
        {
            Assert.Null(CudaKernels.Of(17));
            Assert.Null(CudaKernels.Of(17));
        }
        finally
        {
            Console.SetError(before);
        }

        Assert.Equal(
            "KnDsl: normalization layers run on cuda:17 by torch's operations, which is slower: "
            + $"CUDA's driver (libcuda.so.1 or nvcuda.dll) was not found.{Environment.NewLine}", written.ToString());
    }

    /// <summary>A chunk for each thread, several blocks for a statistic, and one block for several: sums come out the same.</summary>
    [KernelTheory]
    [InlineData(2, 3, 40, 40)]
    [InlineData(1, 2, 30, 29)]
    [InlineData(64, 5, 1, 2)]
    [InlineData(1, 2, 90, 91)]
    public void Sums_are_shared_among_threads_in_every_way(long samples, long channels, long rows, long columns)
    {
        foreach (var policy in new[] { NormPolicy.Kalman(), NormPolicy.LayerKalman(), NormPolicy.InstanceKalman() })
        {
            using var ofCpu = policy.Create(channels);
            using var ofDevice = policy.Create(channels);
            var x = randn(samples, channels, rows, columns) * 3 + 100;
            var (expected, gradient) = Pass(ofCpu);
            using var path = EmulatedKernels.Instance!.Take();
            var (actual, other) = Pass(ofDevice);
            Close(expected, actual, 1e-4, $"{policy}");
            Close(gradient, other, 1e-4, $"gradient of {policy}");

            (Tensor, Tensor) Pass(NormLayer layer)
            {
                var input = x.clone().requires_grad_();
                var prior = ChannelState.Gaussian(full(channels, 99, float32), full(channels, 8, float32), [rows, columns]);
                var output = layer.call(input, prior).output;
                output.pow(3).sum().backward();
                return (output, input.grad!);
            }
        }
    }
}

/// <summary>A theory about kernels that are compiled for a CPU.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class KernelTheoryAttribute : TheoryAttribute
{
    public KernelTheoryAttribute() => Skip = EmulatedKernels.Instance is null ? EmulatedKernels.Reason : null;
}
