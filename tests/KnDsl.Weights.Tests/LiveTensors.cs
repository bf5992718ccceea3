using System;
using static TorchSharp.torch;

namespace KnDsl.Weights.Tests;

/// <summary>Tensors that are in use: those of earlier tests that only wait for the collector do not count.</summary>
internal static class LiveTensors
{
    internal static long Count()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return Tensor.TotalCount;
    }
}
