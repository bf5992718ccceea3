using System;
using System.Linq;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Tests;

/// <summary>Tests that use torch run one after another: its random numbers, defaults and counters belong to the process.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class TorchTests
{
    public const string Name = "torch";
}

/// <summary>A test with a dispose scope around it, a fixed seed, and comparisons of tensors.</summary>
[Collection(TorchTests.Name)]
public abstract class TorchTest : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    protected TorchTest()
    {
        manual_seed(20180215);
        set_num_threads(1);
    }

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing) => _scope.Dispose();

    protected static void Close(Tensor expected, Tensor actual, double tolerance, string what = "")
    {
        using var scope = NewDisposeScope();
        Assert.Equal(expected.shape, actual.shape);
        var scale = Math.Max(1, expected.abs().max().to(ScalarType.Float64).item<double>());
        var difference = (expected.to(ScalarType.Float64) - actual.to(ScalarType.Float64)).abs().max().item<double>();
        Assert.True(difference <= tolerance * scale, $"{what}: they differ by {difference}, at a scale of {scale}");
    }

    protected static Tensor Random(params long[] shape) => randn(shape, ScalarType.Float64);

    /// <summary>
    /// Compares the gradients that backward gives with central differences, for every element of every input.
    /// </summary>
    protected static void GradientsEqualDifferences(Func<Tensor> loss, double tolerance, params Tensor[] inputs)
    {
        const double step = 1e-6;
        foreach (var input in inputs)
            input.grad = null;
        loss().backward();
        foreach (var (input, index) in inputs.Select((input, index) => (input, index)))
        {
            using var scope = NewDisposeScope();
            Assert.NotNull(input.grad);
            var expected = zeros_like(input).flatten();
            using (no_grad())
            {
                var values = input.view(-1);
                for (long i = 0; i < values.numel(); i++)
                {
                    var value = values[i].item<double>();
                    values[i] = value + step;
                    var above = loss().item<double>();
                    values[i] = value - step;
                    var below = loss().item<double>();
                    values[i] = value;
                    expected[i] = (above - below) / (2 * step);
                }
            }

            Close(expected.view(input.shape), input.grad!, tolerance, $"gradient of input {index}");
        }
    }
}
