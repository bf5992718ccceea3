using System;
using System.Globalization;
using System.IO;
using System.Linq;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Runtime.Tests;

/// <summary>Memory of tensors that comes and goes under the graph of autograd.</summary>
public sealed class TensorMemoryTests
{
    private static readonly TensorMemory Memory = TensorMemory.Instance!;

    [Fact]
    public void A_tensor_can_be_written_again_by_all_its_aliases()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var values = randn(3, 5, 7);
        var tensor = values.clone();
        var alias = tensor.alias();
        var bytes = Memory.Release(tensor);
        Memory.Restore(tensor, bytes);
        alias.copy_(values);
        Assert.True(tensor.equal(values).all().item<bool>());
    }

    [Fact]
    public void A_convolution_reads_what_was_written_again_before_its_backward_pass()
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        var values = randn(2, 3, 8, 8);
        var weight = randn(4, 3, 3, 3).requires_grad_();
        nn.functional.conv2d(values, weight).square().sum().backward();
        var expected = weight.grad!.clone();
        weight.grad!.zero_();

        var input = values.clone();
        var loss = nn.functional.conv2d(input, weight).square().sum();
        var bytes = Memory.Release(input);
        Memory.Restore(input, bytes);
        // Written past the counter of versions, which would refuse the backward pass.
        unsafe
        {
            values.data<float>().ToArray().CopyTo(new Span<float>(NativeTensor.Pointer<float>(input), (int)input.numel()));
        }

        loss.backward();
        Assert.True(weight.grad!.equal(expected).all().item<bool>());
    }

    [Fact]
    public void Released_memory_is_the_systems_until_it_is_written()
    {
        if (!OperatingSystem.IsLinux())
            return;
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        const int megabytes = 256;
        var tensor = ones(megabytes << 20, dtype: ScalarType.Byte);
        var before = Resident();
        var bytes = Memory.Release(tensor);
        Assert.InRange(before - Resident(), 0.9 * megabytes, 1.1 * megabytes);
        Memory.Restore(tensor, bytes);
        tensor.fill_(1);
        before = Resident();
        tensor.Dispose();
        Assert.InRange(before - Resident(), 0.9 * megabytes, 1.1 * megabytes);
    }

    /// <summary>Megabytes of memory that the process has.</summary>
    private static double Resident() => double.Parse(
        File.ReadLines("/proc/self/status").Single(line => line.StartsWith("VmRSS", StringComparison.Ordinal)).Split(
            (char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture) / 1024;
}
