using System;
using System.Collections.Generic;
using System.Linq;

namespace KnDsl.Benchmarks;

/// <summary>
/// Runs one benchmark: <c>dotnet run -c Release --project tests/KnDsl.Benchmarks -- norm</c>. The last line that a
/// benchmark prints is its figures as <c>name: value</c> pairs. <c>stability</c> takes names of networks and policies, to run only those.
/// </summary>
internal static class Program
{
    private static readonly Dictionary<string, Action> Benchmarks = new()
    {
        ["coco"] = CocoBenchmark.Run,
        ["dispatch"] = DispatchBenchmark.Run,
        ["generator"] = GeneratorBenchmark.Run,
        ["images"] = ImageBenchmark.Run,
        ["norm"] = NormBenchmark.Run,
        ["network"] = NetworkBenchmark.Run,
        ["overhead"] = OverheadBenchmark.Run,
        ["distributed"] = DistributedBenchmark.Run,
        ["vision"] = VisionBenchmark.Run,
    };

    private static int Main(string[] args)
    {
        if (args is [var name] && Benchmarks.TryGetValue(name, out var run))
        {
            run();
            return 0;
        }

        if (args is ["stability", .. var only])
            return StabilityBenchmark.Run(only);

        if (args is ["coco-step", var cocoStep, var folder])
            return CocoBenchmark.RunStep(cocoStep, folder);

        if (args is ["distributed-step", .. var step])
            return DistributedBenchmark.RunStep(step);

        if (args is ["network-memory", var network, var policy])
        {
            NetworkBenchmark.RunMemory(network, policy);
            return 0;
        }

        Console.Error.WriteLine($"Name a benchmark: {string.Join(", ", Benchmarks.Keys.Append("stability").Order())}.");
        return 1;
    }
}
