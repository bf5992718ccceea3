using System;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace KnDsl.Samples.FashionMnist.Training;

/// <summary>The number of threads that torch computes with, and how they wait for each other.</summary>
internal static class Threads
{
    /// <summary>Sets both. Must be called before anything else of torch.</summary>
    /// <remarks>
    /// OpenMP's threads spin while they wait. On cores shared with other programs, that made training five times slower;
    /// with threads that sleep, two of them lose nothing. OpenMP reads its setting once, when torch loads it, from the
    /// native environment of the process, which .NET's own copy does not change.
    /// </remarks>
    public static void Set(int count)
    {
        if (OperatingSystem.IsLinux())
            SetNativeVariable("OMP_WAIT_POLICY", "PASSIVE", overwrite: 0);
        set_num_threads(count);
    }

    [DllImport("libc", EntryPoint = "setenv", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    private static extern int SetNativeVariable(string name, string value, int overwrite);
}
