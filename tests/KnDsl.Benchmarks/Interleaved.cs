using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Linq;
using static TorchSharp.torch;

namespace KnDsl.Benchmarks;

/// <summary>
/// Times several ways of doing the same thing in turns, so that whatever else the machine does meets all of them alike.
/// </summary>
internal static class Interleaved
{
    /// <summary>Runs every candidate in turn, first unmeasured, then for a time.</summary>
    /// <param name="warmUp">Turns that are not measured.</param>
    /// <param name="duration">How long turns are measured.</param>
    /// <param name="candidates">What is timed.</param>
    public static Dictionary<string, Timing> Run(
        int warmUp, TimeSpan duration, params (string Name, Action Action)[] candidates) => Run(warmUp, duration, CPU, candidates);

    /// <summary>The same on a device, which is waited for after each turn.</summary>
    public static Dictionary<string, Timing> Run(
        int warmUp, TimeSpan duration, Device device, params (string Name, Action Action)[] candidates)
    {
        var samples = candidates.ToDictionary(candidate => candidate.Name, _ => new List<double>());
        for (var turn = 0; turn < warmUp; turn++)
        {
            foreach (var (_, action) in candidates)
                action();
            Wait(device);
        }

        var total = Stopwatch.StartNew();
        while (total.Elapsed < duration)
        {
            foreach (var (name, action) in candidates)
            {
                var start = Stopwatch.GetTimestamp();
                action();
                Wait(device);
                samples[name].Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }
        }

        return samples.ToDictionary(entry => entry.Key, entry => Timing.Of(entry.Value));
    }

    /// <summary>Waits until a device has done all that it was asked for.</summary>
    public static void Wait(Device device)
    {
        if (device.type == TorchSharp.DeviceType.CUDA)
            cuda.synchronize(device);
    }
}

/// <summary>Times in milliseconds: the median and the middle half.</summary>
internal readonly record struct Timing(double Median, double LowerQuartile, double UpperQuartile, int Count)
{
    public static Timing Of(List<double> milliseconds)
    {
        milliseconds.Sort();
        double At(double share) => milliseconds[(int)(share * (milliseconds.Count - 1))];
        return new(At(0.5), At(0.25), At(0.75), milliseconds.Count);
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Median,9:F3} ms  (middle half {LowerQuartile:F3} .. {UpperQuartile:F3}, {Count} runs)");
}
