using System;
using static TorchSharp.torch;

namespace KnDsl.Tests;

/// <summary>Tensors that are in use: those that only wait for the collector do not count.</summary>
internal static class LiveTensors
{
    public static long Count()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return Tensor.TotalCount;
    }
}
