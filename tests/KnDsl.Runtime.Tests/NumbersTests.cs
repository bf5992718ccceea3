using System;
using Xunit;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl.Runtime.Tests;

/// <summary>Numbers for native code.</summary>
public sealed class NumbersTests : TorchTest
{
    /// <summary>Each of these with a number that nothing holds fails within some ten thousand rounds.</summary>
    [Fact]
    public void Numbers_live_as_long_as_the_call()
    {
        var x = tensor(new[] { 3.0 });
        using var collecting = new CollectingThread();
        for (var i = 0; i < 20_000; i++)
        {
            using var scope = NewDisposeScope();
            Assert.Equal(8 + i, Sum(Square(x) - Held(i % 2), i).sub(Held(1 - i % 2)).item<double>());
            Assert.Equal(-3.0 * i, Operations.rsub(Operations.mul(x, i), 0).item<double>());
            Assert.Equal(Math.Min(i, 3.0), Sum(x, x, x).div(Held(3)).clamp_max(Held(i)).item<double>());
            Assert.Equal(0.3 * i, Operations.leaky_relu(x.neg(), 0.1).mul(Held(-i)).item<double>(), 9);
        }
    }

    [Fact]
    public void Whole_numbers_leave_the_type_and_others_do_not()
    {
        var x = tensor(new long[] { 3 });
        Assert.Equal(ScalarType.Int64, (x * Held(2)).dtype);
        Assert.Equal(ScalarType.Int64, Sum(x, 2).dtype);
        Assert.Equal(ScalarType.Float32, (x * Held(2.0)).dtype);
        Assert.Equal(ScalarType.Float32, Sum(x, 2.0).dtype);
    }

    /// <summary>What TorchSharp's functions give, and their gradients.</summary>
    [Fact]
    public void Operations_are_those_of_torch()
    {
        Check(x => Operations.add(x, x.exp()), x => x + x.exp());
        Check(x => Operations.add(x, 0.5), x => x + 0.5);
        Check(x => Operations.sub(x, 0.5), x => x - 0.5);
        Check(x => Operations.rsub(x, 0.5), x => 0.5 - x);
        Check(x => Operations.mul(x, 0.5), x => x * 0.5);
        Check(x => Operations.leaky_relu(x, 0.2), x => nn.functional.leaky_relu(x, 0.2));
        Check(x => Operations.elu(x, 0.7), x => nn.functional.elu(x, 0.7));
        Check(x => Operations.celu(x, 0.7), x => nn.functional.celu(x, 0.7));
        Check(x => Operations.hardtanh(x, -0.5, 2), x => x.clamp(-0.5, 2));
        Check(x => Operations.threshold(x, 0.3, -2), x => nn.functional.threshold(x, 0.3, -2));
        Check(x => Operations.softplus(x, 2, 3), x => nn.functional.softplus(x, 2, 3));
        Check(Operations.softsign, x => nn.functional.softsign(x));
        Check(Operations.mish, x => nn.functional.mish(x));
        // Torch's is linear above 20.
        Check(Softplus, x => nn.functional.softplus(x, 1, 40));
        Check(Square, x => x.square());
    }

    private static void Check(Func<Tensor, Tensor> own, Func<Tensor, Tensor> torch)
    {
        using var scope = NewDisposeScope();
        var (first, second) = (linspace(-30, 30, 601, float64).requires_grad_(), linspace(-30, 30, 601, float64).requires_grad_());
        var (expected, actual) = (torch(first), own(second));
        Close(expected, actual, 1e-12);
        expected.sum().backward();
        actual.sum().backward();
        Close(first.grad!, second.grad!, 1e-12);
    }
}
