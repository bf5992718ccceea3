using System;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace KnDsl.Samples.FashionMnist.Training;

/// <summary>How many threads torch computes with, and how they wait for each other.</summary>
internal static class Threads
{
    /// <summary>Settles both; to be called before anything else of torch is.</summary>
    /// <remarks>
    /// OpenMP's threads spin while they wait. Where other programs want the same cores, that made training five times
    /// slower; asleep, two threads lose nothing. OpenMP reads its setting once, when torch loads it, from the process's
    /// native environment, which .NET's own copy does not reach.
    /// </remarks>
    public static void Set(int count)
    {
        if (OperatingSystem.IsLinux()) SetNativeVariable("OMP_WAIT_POLICY", "PASSIVE", overwrite: 0);
        set_num_threads(count);
    }

    [DllImport("libc", EntryPoint = "setenv", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    private static extern int SetNativeVariable(string name, string value, int overwrite);
}
