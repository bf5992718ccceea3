using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Linq;

namespace KnDsl.Benchmarks;

/// <summary>
/// Runs one benchmark: <c>dotnet run -c Release --project tests/KnDsl.Benchmarks -- norm</c>. The last line that a benchmark prints is its
/// figures as <c>name: value</c> pairs.
/// </summary>
internal static class Program
{
    private static int Main(string[] args) => new RootCommand("Measures. The last line of a benchmark has its figures.")
    {
        Command("coco", "COCO's format: reading annotations, evaluating", CocoBenchmark.Run),
        Command("dispatch", "The operations that a layer sends to a device", DispatchBenchmark.Run),
        Command("distributed", "Training steps in one process and in two", DistributedBenchmark.Run),
        Command("generator", "The generator's time and memory", GeneratorBenchmark.Run),
        Command("images", "Decoding, cropping and loading images", ImageBenchmark.Run),
        Norm(),
        Networks(),
        Overhead(),
        PyTorch(),
        Stability(),
        Command("vision", "Suppression of boxes, pooling of regions", VisionBenchmark.Run),

        // Processes of a benchmark.
        Step(CocoBenchmark.StepOf, step => CocoBenchmark.RunStep(step[0], step[1])),
        Step(DistributedBenchmark.StepOf, DistributedBenchmark.RunStep),
        Step(NetworkBenchmark.MemoryOf, step => NetworkBenchmark.RunMemory(step[0], step[1])),
    }.Parse(args).Invoke();

    private static Command Command(string name, string description, Action run)
    {
        var command = new Command(name, description);
        command.SetAction(_ => run());
        return command;
    }

    private static Command Norm()
    {
        var (device, seconds) = (DeviceOption(), SecondsOption());
        var command = new Command("norm", "A layer of each policy against native ones") { device, seconds };
        command.SetAction(parsed =>
        {
            if (Machine.Find(parsed.GetValue(device)!) is { } found)
                NormBenchmark.Run(found, Duration(parsed.GetValue(seconds)) ?? NormBenchmark.Usual);
        });
        return command;
    }

    private static Command Networks()
    {
        var (networks, device, seconds) = (NetworksOption(), DeviceOption(), SecondsOption());
        var command = new Command("network", "Generated networks against those by hand with native batch normalization")
        {
            networks, device, seconds,
        };
        command.SetAction(parsed =>
        {
            if (Machine.Find(parsed.GetValue(device)!) is { } found)
                NetworkBenchmark.Run(Chosen(parsed, networks, seconds), found);
        });
        return command;
    }

    private static Command Overhead()
    {
        var networks = NetworksOption(OverheadBenchmark.Usual);
        var command = new Command("overhead", "Generated code with batch normalization against the same by hand") { networks };
        command.SetAction(parsed => OverheadBenchmark.Run(BenchmarkedNetwork.Find(parsed.GetValue(networks)!)));
        return command;
    }

    private static Command PyTorch()
    {
        var (networks, device, seconds) = (NetworksOption(), DeviceOption(), SecondsOption());
        var python = new Option<string>("--python")
        {
            Description = "The interpreter with PyTorch and torchvision",
            DefaultValueFactory = _ => "/usr/bin/python3",
        };
        var command = new Command("pytorch", "Generated networks against PyTorch's, where Python has it")
        {
            networks, device, seconds, python,
        };
        command.SetAction(parsed =>
        {
            if (Machine.Find(parsed.GetValue(device)!) is { } found)
                PyTorchBenchmark.Run(Chosen(parsed, networks, seconds), parsed.GetValue(python)!, found);
        });
        return command;
    }

    /// <summary>The networks of the command line, which run as long as it says.</summary>
    private static IReadOnlyList<BenchmarkedNetwork> Chosen(ParseResult parsed, Option<string[]> networks, Option<double?> seconds)
    {
        var duration = Duration(parsed.GetValue(seconds));
        return [.. BenchmarkedNetwork.Find(parsed.GetValue(networks)!)
            .Select(network => duration is { } given ? network with { Duration = given } : network)];
    }

    private static Command Stability()
    {
        var only = new Argument<string[]>("only")
        {
            Description = "Networks, policies such as kalman:2 or kalman:2:0.5:0.25, and rates; where none of a kind is named, all of it",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var command = new Command("stability", "Trains every published network under every policy for a few steps") { only };
        command.SetAction(parsed => StabilityBenchmark.Run(parsed.GetValue(only)!));
        return command;
    }

    private static Command Step(string name, Func<string[], int> run)
    {
        var arguments = new Argument<string[]>("arguments") { Arity = ArgumentArity.ZeroOrMore };
        var command = new Command(name) { arguments };
        command.Hidden = true;
        command.SetAction(parsed => run(parsed.GetValue(arguments)!));
        return command;
    }

    private static Option<string[]> NetworksOption(IReadOnlyList<BenchmarkedNetwork>? usual = null)
    {
        string[] names = [.. (usual ?? BenchmarkedNetwork.All).Select(network => network.Name)];
        var option = new Option<string[]>("--networks")
        {
            Description = $"Which, of {string.Join(", ", BenchmarkedNetwork.All.Select(network => network.Name))}",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => names,
        };
        return option.AcceptOnlyFromAmong([.. BenchmarkedNetwork.All.Select(network => network.Name)]);
    }

    private static TimeSpan? Duration(double? seconds) => seconds is { } given ? TimeSpan.FromSeconds(given) : null;

    private static Option<double?> SecondsOption()
    {
        var option = new Option<double?>("--seconds")
        {
            Description = "How long each comparison runs; without it as long as a processor of two cores needs",
        };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<double?>() is not (null or > 0 and <= 3600))
                result.AddError("--seconds is how long each comparison runs: a number above 0, up to 3600.");
        });
        return option;
    }

    private static Option<string> DeviceOption()
    {
        var option = new Option<string>("--device") { Description = "cpu, cuda or cuda:1", DefaultValueFactory = _ => "cpu" };
        option.Validators.Add(result =>
        {
            if (!Machine.IsDevice(result.GetValueOrDefault<string>()))
                result.AddError($"'{result.GetValueOrDefault<string>()}' is no device: expected cpu, cuda or cuda:1.");
        });
        return option;
    }
}
