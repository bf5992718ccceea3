using System;
using static TorchSharp.torch;

namespace KnDsl.Training;

/// <summary>The threads that torch computes with on a CPU, and how they wait for each other.</summary>
public static class ComputeThreads
{
    /// <summary>Sets both. It must be called before anything else of torch.</summary>
    /// <remarks>
    /// OpenMP's threads wait in a loop. On cores that are shared with other programs, or with the readers of a
    /// <see cref="DataLoader{TItem, TBatch}"/>, that made training five times slower; with threads that sleep, two of them lose nothing.
    /// OpenMP reads its setting (OMP_WAIT_POLICY) once, when torch is loaded. Where the environment has one already, that stays; on
    /// other systems than Linux nothing but the number is set.
    /// </remarks>
    /// <param name="count">The number, at least 1. The same number gives the same results.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is less than 1.</exception>
    public static void Set(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        if (OperatingSystem.IsLinux())
            NativeEnvironment.Set("OMP_WAIT_POLICY", "PASSIVE", overwrites: false);
        set_num_threads(count);
    }
}
