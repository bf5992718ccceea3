using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace KnDsl.Benchmarks;

/// <summary>
/// Whole generated networks against the same ones by hand with native batch normalization: training steps, peak memory, inference before
/// and after folding. The first figures of the last line are those of the network that comes off worst, then come those of each.
/// </summary>
internal static partial class NetworkBenchmark
{
    public const string MemoryOf = "network-memory";

    private const string Native = "by hand, native batch norm", Batch = "batch";

    private const string Kalman = "KN", Folded = "KN, folded", Sampled = "KN, sampled";

    private const string Again = "KN, recompute", Blocks = "KN, recompute: blocks";

    /// <param name="networks">Which.</param>
    /// <param name="device">Where they run.</param>
    public static void Run(IReadOnlyList<BenchmarkedNetwork> networks, Device device)
    {
        var figures = new List<(string Figure, string Network, double Value)>();
        foreach (var network in networks)
        {
            Console.WriteLine($"{network.Name}, {network.Batch} images of {string.Join("x", network.Image)}, {Machine.Describe(device)}");
            var step = Training(network, network.Batch, microbatch: 2, device);
            Add("step_microbatch2", step[Kalman] / step[Native]);
            Add("step_batch_policy", step[Batch] / step[Native]);
            Add("sampled_over_analytic", step[Sampled] / step[Kalman]);
            Add("step_recompute", step[Again] / step[Native]);
            Add("step_recompute_blocks", step[Blocks] / step[Native]);
            var alone = Training(network, batch: 2, microbatch: null, device);
            Add("step_batch2", alone[Kalman] / alone[Native]);
            var inference = Inference(network, device);
            Add("folded", inference[Folded] / inference[Native]);
            Add("unfolded", inference[Kalman] / inference[Native]);
            if (device.type == TorchSharp.DeviceType.CPU && OperatingSystem.IsLinux())
            {
                var native = Memory(network, Native);
                var (kalman, again, blocks) = (Memory(network, Kalman), Memory(network, Again), Memory(network, Blocks));
                Add("memory", kalman.Peak / native.Peak);
                Add("memory_recompute", again.Peak / native.Peak);
                Add("memory_recompute_blocks", blocks.Peak / native.Peak);
                Add("kept", kalman.Kept / native.Kept);
                Add("kept_recompute", again.Kept / native.Kept);
                Add("kept_recompute_blocks", blocks.Kept / native.Kept);
            }

            void Add(string figure, double value) => figures.Add((figure, network.Name, value));
        }

        var worst = figures.GroupBy(figure => figure.Figure).Select(of => Figure(of.Key, of.Max(figure => figure.Value)));
        var each = figures.Select(figure => Figure($"{figure.Figure}_{figure.Network}", figure.Value));
        Console.WriteLine(string.Join(" ", worst.Concat(each)));
    }

    /// <summary>
    /// In a process of its own: prints the megabytes that a forward pass keeps for the backward one, and what the process had at most in
    /// a few steps.
    /// </summary>
    public static int RunMemory(string name, string candidate)
    {
        var network = BenchmarkedNetwork.Find([name]).Single();
        var made = Candidates(network, 2).Single(of => of.Name == candidate).Create();
        var step = network.TrainingStep(made, network.Batch, CPU);
        for (var i = 0; i < 5; i++)
            step();
        var peak = OfProcess("VmHWM");
        var x = randn([network.Batch, .. network.Image]);
        var before = InUse();
        using var output = made.call(x);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{InUse() - before} {peak}"));
        return 0;
    }

    /// <summary>Megabytes that are in use: what the garbage collector and malloc hold back is given up before.</summary>
    private static double InUse()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        TrimMemory(0);
        return OfProcess("VmRSS");
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int TrimMemory(nuint kept);

    private static double OfProcess(string entry) => long.Parse(
        new string([.. File.ReadLines("/proc/self/status").Single(line => line.StartsWith(entry, StringComparison.Ordinal))
            .Where(char.IsAsciiDigit)]), CultureInfo.InvariantCulture) / 1024.0;

    private static Dictionary<string, double> Training(BenchmarkedNetwork network, long batch, int? microbatch, Device device) =>
        Print($"training step, batch {batch}, statistics of 2", Interleaved.Run(
            warmUp: 3, network.Duration, device, [.. Candidates(network, microbatch).Select(
                candidate => (candidate.Name, network.TrainingStep(candidate.Create(), batch, device)))]));

    private static Dictionary<string, double> Inference(BenchmarkedNetwork network, Device device) =>
        Print($"inference, batch {network.Batch}", Interleaved.Run(
            warmUp: 5, network.Duration / 2, device,
            (Native, network.InferencePass(network.Handwritten(), device)),
            (Kalman, network.InferencePass(network.Generated(NormPolicy.Kalman()), device)),
            (Folded, network.InferencePass(network.Generated(NormPolicy.Kalman()), device, fold: true))));

    /// <summary>What is compared. By hand the statistics are always of the whole batch: that is what the native layer can do.</summary>
    private static (string Name, Func<nn.Module<Tensor, Tensor>> Create)[] Candidates(BenchmarkedNetwork network, int? microbatch) =>
    [
        (Native, network.Handwritten),
        (Batch, () => network.Generated(NormPolicy.Batch())),
        (Kalman, () => network.Generated(NormPolicy.Kalman(microbatch: microbatch))),
        (Again, () => network.Generated(NormPolicy.Kalman(microbatch: microbatch), recompute: true)),
        (Blocks, () => network.Generated(NormPolicy.Kalman(microbatch: microbatch), Recompute.Blocks)),
        (Sampled, () => network.Generated(NormPolicy.Kalman(0.1, microbatch, Transition.Sampled))),
    ];

    private static (double Kept, double Peak) Memory(BenchmarkedNetwork network, string candidate)
    {
        using var child = Process.Start(Machine.ThisProgram(MemoryOf, network.Name, candidate))!;
        var parts = child.StandardOutput.ReadToEnd().Split(' ');
        double[] megabytes = [.. parts.Select(part => double.Parse(part, CultureInfo.InvariantCulture))];
        child.WaitForExit();
        Console.WriteLine($"  {candidate,-26} {megabytes[0],6:F0} MB kept by the forward pass, {megabytes[1],6:F0} MB at most");
        return (megabytes[0], megabytes[1]);
    }

    private static Dictionary<string, double> Print(string what, Dictionary<string, Timing> times)
    {
        Console.WriteLine($"  {what}");
        foreach (var (name, time) in times)
            Console.WriteLine($"    {name,-26} {time}  {time.Median / times[Native].Median:F3}");
        return times.ToDictionary(entry => entry.Key, entry => entry.Value.Median);
    }

    private static string Figure(string name, double value) => string.Create(CultureInfo.InvariantCulture, $"{name}: {value:F3}");
}
