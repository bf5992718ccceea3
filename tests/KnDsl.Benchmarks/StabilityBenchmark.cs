using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
using KnDsl.Published.Tests;
using static TorchSharp.torch;

namespace KnDsl.Benchmarks;

/// <summary>
/// Trains every published network under every policy for a few steps on one batch, and says where that fails: a loss that is not
/// finite, does not fall, or rises where that of batch normalization does not.
/// </summary>
internal static class StabilityBenchmark
{
    private const int Samples = 8, Steps = 15, Classes = 10;

    private static readonly double[] Rates = [0.01, 0.1];

    /// <summary>By what they are called here; each is held against batch normalization with as many samples in a statistic, or 2.</summary>
    private static readonly (string Name, NormPolicy Policy, string Against)[] Policies =
    [
        ("batch", NormPolicy.Batch(), "batch"),
        ("batch:2", NormPolicy.Batch(microbatch: 2), "batch:2"),
        ("kalman", NormPolicy.Kalman(), "batch"),
        ("kalman:4", NormPolicy.Kalman(microbatch: 4), "batch:2"),
        ("kalman:2", NormPolicy.Kalman(microbatch: 2), "batch:2"),
        ("kalman:1", NormPolicy.Kalman(microbatch: 1), "batch:2"),
        ("instance", NormPolicy.Instance(), "batch:2"),
        ("instancekalman", NormPolicy.InstanceKalman(), "batch:2"),
        ("group", NormPolicy.Group(8), "batch:2"),
        ("groupkalman", NormPolicy.GroupKalman(8), "batch:2"),
        ("layer", NormPolicy.Layer(), "batch:2"),
        ("layerkalman", NormPolicy.LayerKalman(), "batch:2"),
        ("none", NormPolicy.None(), "batch:2"),
    ];

    /// <param name="only">Networks, policies and rates to run; where none of a kind is named, all of it. A policy may have settings of
    /// its own, spelled as <c>kalman:2:0.5:0.25</c>: samples, gain of the mean and of the variance.</param>
    public static int Run(IReadOnlyList<string> only)
    {
        double[] rates = [.. only.Where(IsNumber).Select(rate => double.Parse(rate, CultureInfo.InvariantCulture))];
        rates = rates.Length > 0 ? rates : Rates;
        only = [.. only.Where(name => !IsNumber(name))];
        var networks = Declared.All.Values.Where(network => network.HasPolicy).OrderBy(network => network.Type.Name).ToArray();
        var named = networks.Where(network => only.Contains(network.Type.Name)).ToArray();
        var settings = only.Where(name => networks.All(network => network.Type.Name != name)).Select(Find).ToArray();
        if (settings.FirstOrDefault(setting => setting.Policy is null) is { Name: { } unknown })
        {
            Console.Error.WriteLine($"'{unknown}' is neither a published network nor a policy of this benchmark. Policies: "
                + $"{string.Join(", ", Policies.Select(policy => policy.Name))}, or kalman:2:0.5:0.25.");
            return 1;
        }

        var policies = settings.Length > 0 ? Policies.Where(policy => policy.Name.StartsWith("batch", StringComparison.Ordinal)).Concat(
            settings.Where(setting => !setting.Name.StartsWith("batch", StringComparison.Ordinal))).ToArray() : Policies;
        var troubles = policies.ToDictionary(policy => policy.Name, _ => 0);
        var trained = policies.ToDictionary(policy => policy.Name, _ => 0);
        Console.WriteLine($"{Steps} steps on {Samples} samples; loss at first, at most and at last. "
            + "! rises as batch normalization does not, * ends above it, x does not train.");
        foreach (var network in named.Length > 0 ? named : networks)
        {
            foreach (var rate in rates)
            {
                var courses = new Dictionary<string, Course>();
                foreach (var (name, policy, against) in policies)
                {
                    if (Train(network, policy, rate) is not { } course)
                    {
                        Console.WriteLine($"{network.Type.Name,-18} {rate,-5} {name,-24} cannot normalize these channels");
                        continue;
                    }

                    courses[name] = course;
                    var of = courses[against];
                    var marks = (course.Rises(of) ? "!" : "") + (course.EndsAbove(of) ? "*" : "") + (course.Trains ? "" : "x");
                    // What batch normalization does not train is no fault of another policy.
                    troubles[name] += of.Trains && !course.Trains ? 1 : 0;
                    trained[name] += course.Trains ? 1 : 0;
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{network.Type.Name,-18} {rate,-5} {name,-24} "
                        + $"{course.First,9:G3} {course.Greatest,9:G3} {course.Last,9:G3}  {marks}"));
                }
            }
        }

        Console.WriteLine(string.Join(" ", policies.Select(policy =>
            $"{policy.Name}_trained: {trained[policy.Name]} {policy.Name}_failed: {troubles[policy.Name]}")));
        return 0;
    }

    private static bool IsNumber(string text) => double.TryParse(text, CultureInfo.InvariantCulture, out _);

    private static (string Name, NormPolicy Policy, string Against) Find(string name)
    {
        var known = Policies.FirstOrDefault(policy => policy.Name == name);
        if (known.Policy is not null)
            return known;
        var parts = name.Split(':');
        if (parts.Length != 4 || !parts[1..].All(IsNumber))
            return (name, null!, "");
        var (samples, gain) = (int.Parse(parts[1], CultureInfo.InvariantCulture), new Gain(
            double.Parse(parts[2], CultureInfo.InvariantCulture), double.Parse(parts[3], CultureInfo.InvariantCulture)));
        return parts[0] switch
        {
            "kalman" => (name, NormPolicy.Kalman(gain, samples), samples >= Samples ? "batch" : "batch:2"),
            "instancekalman" => (name, NormPolicy.InstanceKalman(gain), "batch:2"),
            "groupkalman" => (name, NormPolicy.GroupKalman(samples, gain), "batch:2"),
            "layerkalman" => (name, NormPolicy.LayerKalman(gain), "batch:2"),
            _ => (name, null!, ""),
        };
    }

    /// <summary>The losses of the steps: what a loss was at first, at most and at last.</summary>
    private sealed record Course(double First, double Greatest, double Last)
    {
        public bool Trains => double.IsFinite(Greatest) && Last < First;

        public bool Rises(Course batch) => !double.IsFinite(Greatest) || Greatest > 2 * Math.Max(batch.Greatest, First);

        public bool EndsAbove(Course batch) => !double.IsFinite(Last) || Last > 2 * batch.Last + 0.3;
    }

    /// <summary>Null where the policy cannot normalize the network's channels.</summary>
    private static Course? Train(Declared declared, NormPolicy policy, double rate)
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        nn.Module network;
        try
        {
            network = declared.Create(policy, Classes);
        }
        catch (ArgumentOutOfRangeException)
        {
            return null;
        }

        using var _ = network;
        network.train();
        var image = randn([Samples, .. SizeOf(declared)]);
        using var optimizer = optim.SGD(network.parameters(), rate, momentum: 0.9);
        Tensor[]? targets = null;
        double first = double.NaN, greatest = double.NegativeInfinity, last = double.NaN;
        for (var step = 0; step <= Steps; step++)
        {
            using var turn = NewDisposeScope();
            optimizer.zero_grad();
            Tensor loss;
            try
            {
                // Outputs are scores of classes, or as good as that for this purpose: one of the channels is to be the greatest.
                var outputs = declared.Run(network, image, "output").Values.ToArray();
                targets ??= [.. outputs.Select(output => randint(output.size(1), [output.size(0), .. output.shape[2..]], int64)
                    .MoveToOuterDisposeScope())];
                loss = outputs.Zip(targets, (output, target) => nn.functional.cross_entropy(output, target)).Aggregate((a, b) => a + b);
            }
            catch (Exception failure) when (failure is NotFiniteNumberException or ArgumentException)
            {
                return failure is NotFiniteNumberException ? new Course(first, double.PositiveInfinity, double.NaN) : null;
            }

            last = loss.item<float>();
            if (step == 0)
                first = last;
            greatest = double.IsFinite(last) ? Math.Max(greatest, last) : double.PositiveInfinity;
            if (!double.IsFinite(last))
                break;
            if (step == Steps)
                continue;
            loss.backward();
            optimizer.step();
        }

        return new Course(first, greatest, last);
    }

    /// <summary>Channels, height and width of the input that the case's figures were made with.</summary>
    private static long[] SizeOf(Declared declared)
    {
        using var reference = JsonDocument.Parse(File.ReadAllText(
            Path.Combine(Repository.Cases, "published", declared.Type.Name, "reference.json")));
        return [.. reference.RootElement.GetProperty("inputs").EnumerateObject().First().Value.EnumerateArray()
            .Skip(1).Select(size => size.GetInt64())];
    }
}
