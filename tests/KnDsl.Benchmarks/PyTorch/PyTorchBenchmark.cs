using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Linq;
using static TorchSharp.torch;

namespace KnDsl.Benchmarks;

/// <summary>
/// Generated networks against the same ones in PyTorch, which is another process with as many threads: steps of training and passes of
/// inference, in turns of as many steps as take a third of a second, so that a thread that still waits for work after the other's turn
/// takes no share that counts.
/// </summary>
internal static class PyTorchBenchmark
{
    private const double SecondsOfTurn = 0.3;

    private static readonly (string Name, NormPolicy Policy)[] Policies =
    [
        ("batch", NormPolicy.Batch()),
        ("kalman", NormPolicy.Kalman()),
        ("kalman2", NormPolicy.Kalman(microbatch: 2)),
    ];

    /// <param name="networks">Which.</param>
    /// <param name="python">The interpreter.</param>
    /// <param name="device">Where both compute.</param>
    public static void Run(IReadOnlyList<BenchmarkedNetwork> networks, string python, Device device)
    {
        using var process = PyTorchProcess.Start(python, get_num_threads(), device.ToString());
        if (process is null)
        {
            Console.WriteLine($"'{python}' has no PyTorch with torchvision (Debian: apt-get install python3-torch python3-torchvision). "
                + "Nothing was measured.");
            return;
        }

        Console.WriteLine($"KnDsl on libtorch {__version__} against {process.Versions}, {Machine.Describe(device)} each");
        var figures = new List<string>();
        foreach (var network in networks)
        {
            foreach (var what in (string[])["training", "inference"])
            {
                foreach (var (name, ratio) in Compare(network, what, process, device))
                    figures.Add(string.Create(CultureInfo.InvariantCulture, $"{what}_{name}_{network.Name}: {ratio:F3}"));
            }
        }

        Console.WriteLine(string.Join(" ", figures));
    }

    private static IEnumerable<(string Name, double Ratio)> Compare(
        BenchmarkedNetwork network, string what, PyTorchProcess process, Device device)
    {
        using var scope = NewDisposeScope();
        var parameters = process.Create(network.Name, network.Batch);
        var candidates = new List<(string Name, Func<int, double> Time)> { ("PyTorch", count => process.Time(what, count)) };
        foreach (var (name, policy) in Policies)
        {
            // In inference a micro-batch changes nothing.
            if (what == "inference" && name == "kalman2")
                continue;
            var made = network.Generated(policy);
            if (made.parameters().Sum(parameter => parameter.numel()) is var own && own != parameters)
                throw new InvalidOperationException($"{network.Name} has {own} parameters here and {parameters} in PyTorch.");
            var action = what == "training"
                ? network.TrainingStep(made, network.Batch, device)
                : network.InferencePass(made, device);
            candidates.Add((name, count => Time(action, count, device)));
        }

        var times = candidates.ToDictionary(candidate => candidate.Name, _ => new List<double>());
        foreach (var (_, time) in candidates)
            time(3);
        var steps = Math.Max(1, (int)(SecondsOfTurn / candidates[0].Time(1)));
        for (var total = Stopwatch.StartNew(); total.Elapsed < network.Duration;)
        {
            foreach (var (name, time) in candidates)
                times[name].Add(1000 * time(steps) / steps);
        }

        var timings = times.ToDictionary(entry => entry.Key, entry => Timing.Of(entry.Value));
        Console.WriteLine($"{network.Name}, {what}, batch {network.Batch}, turns of {steps}");
        foreach (var (name, timing) in timings)
            Console.WriteLine($"  {name,-8} {timing}  {timing.Median / timings["PyTorch"].Median:F3}");
        return timings.Where(entry => entry.Key != "PyTorch")
            .Select(entry => (entry.Key, entry.Value.Median / timings["PyTorch"].Median));
    }

    private static double Time(Action action, int count, Device device)
    {
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < count; i++)
            action();
        Interleaved.Wait(device);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
