using System;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Generator.Tests;

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

    public void Dispose() => _scope.Dispose();

    protected static void Close(Tensor expected, Tensor actual, double tolerance, string what = "")
    {
        using var scope = NewDisposeScope();
        Assert.Equal(expected.shape, actual.shape);
        var scale = Math.Max(1, expected.abs().max().to(ScalarType.Float64).item<double>());
        var difference = (expected.to(ScalarType.Float64) - actual.to(ScalarType.Float64)).abs().max().item<double>();
        Assert.True(difference <= tolerance * scale, $"{what}: they differ by {difference}, at a scale of {scale}");
    }

    /// <summary>Tensors that are in use: those that only wait for the collector do not count.</summary>
    protected static long LiveTensors()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return Tensor.TotalCount;
    }
}
