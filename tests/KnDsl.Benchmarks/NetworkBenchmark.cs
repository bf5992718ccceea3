using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using static TorchSharp.torch;

namespace KnDsl.Benchmarks;

/// <summary>
/// Whole networks with Kalman normalization against the same networks with native BatchNorm: training steps, peak memory,
/// inference before and after folding. The figures of the last line are those of the network that comes off worse.
/// </summary>
internal static class NetworkBenchmark
{
    private const string MemoryOf = "network-memory";

    private static readonly (string Name, Func<NormPolicy, ResidualNetwork> Create, long[] Image)[] Networks =
    [
        ("Fashion-MNIST residual network", ResidualNetwork.FashionMnist, [1, 28, 28]),
        ("ResNet-18 at 64x64", ResidualNetwork.ResNet18, [3, 64, 64]),
    ];

    public static void Run()
    {
        var figures = new Dictionary<string, List<double>>();
        void Add(string name, double value)
        {
            if (!figures.TryGetValue(name, out var values))
                figures[name] = values = [];
            values.Add(value);
        }

        foreach (var (network, index) in Networks.Select((network, index) => (network, index)))
        {
            Console.WriteLine($"{network.Name}, {get_num_threads()} threads");
            var step = Training(network.Create, network.Image, batch: 32, microbatch: 2);
            Add("step_microbatch2", step["kalman"] / step["batch"]);
            Add("sampled_over_analytic", step["sampled"] / step["kalman"]);
            var alone = Training(network.Create, network.Image, batch: 2, microbatch: null);
            Add("step_batch2", alone["kalman"] / alone["batch"]);
            var inference = Inference(network.Create, network.Image);
            Add("folded", inference["kalman folded"] / inference["batch"]);
            Add("unfolded", inference["kalman"] / inference["batch"]);
            Add("memory", (double)PeakMemory(index, "kalman") / PeakMemory(index, "batch"));
        }

        string[] order = ["step_microbatch2", "step_batch2", "memory", "sampled_over_analytic", "folded", "unfolded"];
        Console.WriteLine(string.Join(" ", order.Select(name =>
            string.Create(CultureInfo.InvariantCulture, $"{name}: {figures[name].Max():F3}"))));
    }

    /// <summary>In a process of its own: trains a network for a few steps, and prints what memory it took at most.</summary>
    public static void RunMemory(string network, string policy)
    {
        var (_, create, image) = Networks[int.Parse(network, CultureInfo.InvariantCulture)];
        var step = Step(create(Policies(2).Single(entry => entry.Name == policy).Policy), image, batch: 32);
        for (var i = 0; i < 5; i++)
            step();
        Console.WriteLine(File.ReadLines("/proc/self/status").Single(line => line.StartsWith("VmHWM", StringComparison.Ordinal)));
    }

    private static Dictionary<string, double> Training(
        Func<NormPolicy, ResidualNetwork> create, long[] image, long batch, int? microbatch)
    {
        var times = Interleaved.Run(
            warmUp: 3, TimeSpan.FromSeconds(15),
            [.. Policies(microbatch).Select(entry => (entry.Name, Step(create(entry.Policy), image, batch)))]);
        return Print($"training step, batch {batch}, statistics of 2", times);
    }

    private static Dictionary<string, double> Inference(Func<NormPolicy, ResidualNetwork> create, long[] image)
    {
        var kalman = Trained(create(NormPolicy.Kalman()), image);
        var batch = Trained(create(NormPolicy.Batch()), image);
        var folded = Trained(create(NormPolicy.Kalman()), image);
        folded.Fold();
        var x = randn([32, .. image]);
        Action Forward(ResidualNetwork network) => () =>
        {
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            network.call(x);
        };

        return Print("inference, batch 32", Interleaved.Run(
            warmUp: 5, TimeSpan.FromSeconds(6),
            ("batch", Forward(batch)), ("kalman", Forward(kalman)), ("kalman folded", Forward(folded))));
    }

    /// <summary>What is compared: BatchNorm over the whole batch is PyTorch's native layer.</summary>
    private static (string Name, NormPolicy Policy)[] Policies(int? microbatch) =>
    [
        ("batch", NormPolicy.Batch()),
        ("kalman", NormPolicy.Kalman(microbatch: microbatch)),
        ("sampled", NormPolicy.Kalman(0.1, microbatch, Transition.Sampled)),
    ];

    private static Action Step(ResidualNetwork network, long[] image, long batch)
    {
        manual_seed(1);
        var optimizer = optim.SGD(network.parameters(), 0.001, momentum: 0.9);
        var x = randn([batch, .. image]);
        var target = randint(10, [batch], dtype: ScalarType.Int64);
        return () =>
        {
            using var scope = NewDisposeScope();
            optimizer.zero_grad();
            nn.functional.cross_entropy(network.call(x), target).backward();
            optimizer.step();
        };
    }

    private static ResidualNetwork Trained(ResidualNetwork network, long[] image)
    {
        network.call(randn([8, .. image]));
        network.eval();
        return network;
    }

    private static long PeakMemory(int network, string policy)
    {
        using var child = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, Arguments())
        {
            RedirectStandardOutput = true,
        })!;
        var line = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        var kilobytes = long.Parse(new string([.. line.Where(char.IsAsciiDigit)]), CultureInfo.InvariantCulture);
        Console.WriteLine($"  peak memory, {policy,-8} {kilobytes / 1024,6} MB");
        return kilobytes;

        // Started as "dotnet program.dll" or as the program itself.
        string[] Arguments()
        {
            string[] own = [MemoryOf, $"{network}", policy];
            return Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet"
                ? [typeof(NetworkBenchmark).Assembly.Location, .. own]
                : own;
        }
    }

    private static Dictionary<string, double> Print(string what, Dictionary<string, Timing> times)
    {
        Console.WriteLine($"  {what}");
        var native = times["batch"].Median;
        foreach (var (name, time) in times)
            Console.WriteLine($"    {name,-14} {time}  {time.Median / native:F3}");
        return times.ToDictionary(entry => entry.Key, entry => entry.Value.Median);
    }
}
