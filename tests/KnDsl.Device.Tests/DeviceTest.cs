using System;
using System.Collections.Generic;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace KnDsl.Device.Tests;

/// <summary>
/// A test of what runs on a device. Where there is no CUDA device it is skipped; the environment variable KNDSL_TEST_DEVICE names another
/// one, and <c>cpu</c> rehearses the tests on a CPU, on the path that a device takes.
/// </summary>
public abstract class DeviceTest : TorchTest
{
    private static readonly string Name = Environment.GetEnvironmentVariable("KNDSL_TEST_DEVICE") ?? "cuda:0";

    private readonly IDisposable? _path;

    protected DeviceTest()
    {
        Assert.SkipUnless(
            IsRehearsal || cuda.is_available(), "There is no CUDA device here, or libtorch was built without CUDA (docs/hosts.md).");
        set_num_threads(Environment.ProcessorCount);
        if (IsRehearsal)
        {
            _path = DevicePath.TakeOnCpu();
            return;
        }

        // Multiplications of 19 bits, which cuDNN takes for convolutions if it may, would hide errors.
        backends.cudnn.allow_tf32 = false;
        backends.cuda.matmul.allow_tf32 = false;
    }

    protected static torch.Device Device { get; } = new(Name);

    /// <summary>Whether the device is a CPU.</summary>
    protected static bool IsRehearsal => Device.type == DeviceType.CPU;

    protected override void Dispose(bool disposing)
    {
        _path?.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>Compares what a device gave with what a CPU gave, entry by entry.</summary>
    protected static void Close(
        IReadOnlyDictionary<string, Tensor> expected, IReadOnlyDictionary<string, Tensor> actual, double tolerance, string what)
    {
        Assert.Equal(expected.Keys, actual.Keys);
        foreach (var (entry, value) in expected)
            Close(value, actual[entry].cpu(), tolerance, $"{entry} of {what}");
    }
}
