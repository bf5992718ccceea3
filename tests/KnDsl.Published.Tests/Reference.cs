using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using Xunit.Sdk;
using static TorchSharp.torch;

namespace KnDsl.Published.Tests;

/// <summary>A name of a state_dict (or of an input) and its shape.</summary>
public sealed record Entry(string Name, IReadOnlyList<long> Shape)
{
    /// <summary><c>name [2, 3]</c></summary>
    public override string ToString() => $"{Name} [{string.Join(", ", Shape)}]";
}

/// <summary>What is recorded of one output; the README in tests/Cases/published describes the fields.</summary>
public sealed record Output(
    string Name, IReadOnlyList<long> Shape, double Sum, double AbsSum, double AbsMax,
    IReadOnlyList<long> Indices, IReadOnlyList<double> Values);

/// <summary>
/// The figures of one published implementation: names, shapes, parameter count and the outputs that it gives for
/// weights and input filled by <see cref="Formula"/>. Typical use:
/// <code>
/// var reference = Reference.Load("ResNet18");
/// using var network = new ResNet18(policy: NormPolicy.Batch());
/// network.eval();
/// reference.Fill(network);
/// using var logits = network.call(reference.Input());
/// reference.AssertMatches(network, logits);
/// </code>
/// </summary>
public sealed class Reference
{
    /// <summary>How far an output may be off, in parts of its greatest magnitude.</summary>
    public const double DefaultTolerance = 1e-4;

    private const int MaxShown = 8;

    private Reference(string name, JsonElement root)
    {
        Name = name;
        Source = root.GetProperty("source").GetString()!;
        Mode = root.GetProperty("mode").GetString()!;
        Gain = root.GetProperty("gain").GetDouble();
        Parameters = root.GetProperty("parameters").GetInt64();
        Inputs = Entries(root.GetProperty("inputs"));
        State = Entries(root.GetProperty("state"));
        Trains = root.TryGetProperty("trains", out var trains) && trains.GetBoolean();
        Outputs = [.. root.GetProperty("outputs").EnumerateArray().Select(o => new Output(
            o.GetProperty("name").GetString()!, Longs(o.GetProperty("shape")), o.GetProperty("sum").GetDouble(),
            o.GetProperty("abs_sum").GetDouble(), o.GetProperty("abs_max").GetDouble(),
            Longs(o.GetProperty("indices")),
            [.. o.GetProperty("values").EnumerateArray().Select(v => v.GetDouble())]))];
    }

    /// <summary>The case's name: its folder in tests/Cases/published.</summary>
    public string Name { get; }

    /// <summary>The implementation that gave the figures.</summary>
    public string Source { get; }

    /// <summary>The mode it ran in.</summary>
    public string Mode { get; }

    /// <summary>The gain of the weights in <see cref="Formula"/>.</summary>
    public double Gain { get; }

    /// <summary>The number of trainable values.</summary>
    public long Parameters { get; }

    /// <summary>Whether the tests train the network for a step.</summary>
    public bool Trains { get; }

    /// <summary>The inputs in order, with the shapes that the figures were made with.</summary>
    public IReadOnlyList<Entry> Inputs { get; }

    /// <summary>The state_dict in order: parameters and buffers.</summary>
    public IReadOnlyList<Entry> State { get; }

    /// <summary>The outputs in order.</summary>
    public IReadOnlyList<Output> Outputs { get; }

    private static string Cases => Path.Combine(Repository.Cases, "published");

    /// <summary>Every case that has figures, in alphabetical order.</summary>
    public static IReadOnlyList<string> Names =>
        [.. Directory.EnumerateFiles(Cases, "reference.json", SearchOption.AllDirectories)
            .Select(file => Path.GetFileName(Path.GetDirectoryName(file)!)).Order(StringComparer.Ordinal)];

    /// <summary>Where the files of a case lie.</summary>
    public static string FolderOf(string name) => Path.Combine(Cases, name);

    /// <summary>Reads the figures of a case.</summary>
    /// <exception cref="ArgumentException">There is no such case; the message lists those there are.</exception>
    public static Reference Load(string name)
    {
        var file = Path.Combine(FolderOf(name), "reference.json");
        if (!File.Exists(file))
        {
            throw new ArgumentException(
                $"no reference figures for '{name}'; there are {string.Join(", ", Names)}", nameof(name));
        }

        using var document = JsonDocument.Parse(File.ReadAllText(file));
        return new Reference(name, document.RootElement);
    }

    /// <summary>Fills the module's parameters and buffers by <see cref="Formula"/>.</summary>
    public void Fill(nn.Module module) => Formula.Fill(module, Gain);

    /// <summary>The only input, filled by the formula.</summary>
    public Tensor Input() => Formula.Input(Inputs.Single().Name, Inputs.Single().Shape);

    /// <summary>One of several inputs, filled by the formula.</summary>
    public Tensor Input(string name)
    {
        var input = Inputs.Single(i => i.Name == name);
        return Formula.Input(name, input.Shape);
    }

    /// <summary>As the other overload, for a network of one output.</summary>
    public void AssertMatches(nn.Module module, Tensor output, double tolerance = DefaultTolerance) =>
        AssertMatches(module, new Dictionary<string, Tensor> { [Outputs.Single().Name] = output }, tolerance);

    /// <summary>
    /// Fails unless the module has the recorded names in their order, the recorded shapes and number of parameters,
    /// and gave the recorded outputs. A value may be off by <paramref name="tolerance"/> times the greatest magnitude
    /// of its output, a mean over the whole output likewise. Everything that differs is reported at once.
    /// </summary>
    public void AssertMatches(
        nn.Module module, IReadOnlyDictionary<string, Tensor> outputs, double tolerance = DefaultTolerance)
    {
        ArgumentNullException.ThrowIfNull(outputs);
        FailOn([.. StateProblems(module), .. OutputProblems(outputs, tolerance)]);
    }

    /// <summary>Fails unless names, their order, shapes and the number of parameters are the recorded ones.</summary>
    public void AssertStateMatches(nn.Module module) => FailOn([.. StateProblems(module)]);

    private void FailOn(List<string> problems)
    {
        if (problems.Count > 0)
        {
            throw new XunitException(
                $"{Name} differs from {Source}:{Environment.NewLine}{string.Join(Environment.NewLine, problems)}");
        }
    }

    private IEnumerable<string> StateProblems(nn.Module module)
    {
        ArgumentNullException.ThrowIfNull(module);
        var found = StateOf(module);
        var shapes = found.ToDictionary(e => e.Name, e => e.Shape);
        var expected = State.ToDictionary(e => e.Name, e => e.Shape);

        var missing = State.Where(e => !shapes.ContainsKey(e.Name)).ToList();
        var unexpected = found.Where(e => !expected.ContainsKey(e.Name)).ToList();
        if (missing.Count > 0)
            yield return $"  missing names ({missing.Count}): {Shown(missing)}";
        if (unexpected.Count > 0)
            yield return $"  unexpected names ({unexpected.Count}): {Shown(unexpected)}";

        foreach (var (name, shape) in State)
        {
            if (shapes.TryGetValue(name, out var other) && !shape.SequenceEqual(other))
                yield return $"  {new Entry(name, other)} should be [{string.Join(", ", shape)}]";
        }

        var common = found.Where(e => expected.ContainsKey(e.Name)).Select(e => e.Name).ToList();
        var wanted = State.Where(e => shapes.ContainsKey(e.Name)).Select(e => e.Name).ToList();
        var at = common.Zip(wanted).TakeWhile(pair => pair.First == pair.Second).Count();
        if (at < wanted.Count)
        {
            yield return $"  order: {common[at]} stands where {wanted[at]} should"
                + (at > 0 ? $", after {wanted[at - 1]}" : ", at the beginning");
        }

        var count = module.parameters().Sum(p => p.numel());
        if (count != Parameters)
            yield return $"  {count} parameters, expected {Parameters}";
    }

    private IEnumerable<string> OutputProblems(IReadOnlyDictionary<string, Tensor> outputs, double tolerance)
    {
        foreach (var name in outputs.Keys.Except(Outputs.Select(o => o.Name)))
            yield return $"  unexpected output {name}";
        foreach (var expected in Outputs)
        {
            var problem = outputs.TryGetValue(expected.Name, out var output)
                ? OutputProblem(expected, output, tolerance)
                : "is missing";
            if (problem is not null)
                yield return $"  output {expected.Name} {problem}";
        }
    }

    private static string? OutputProblem(Output expected, Tensor output, double tolerance)
    {
        if (!output.shape.SequenceEqual(expected.Shape))
            return $"has shape [{string.Join(", ", output.shape)}], expected [{string.Join(", ", expected.Shape)}]";

        using var _ = NewDisposeScope();
        var values = output.detach().cpu().to(ScalarType.Float64).contiguous().reshape(-1).data<double>().ToArray();
        var allowed = tolerance * expected.AbsMax;
        var worst = expected.Indices.Zip(expected.Values, (i, v) => (Index: i, Expected: v, Found: values[i]))
            .MaxBy(s => Distance(s.Found, s.Expected));
        if (Distance(worst.Found, worst.Expected) > allowed)
        {
            var wrong = expected.Indices.Zip(expected.Values, (i, v) => Distance(values[i], v)).Count(d => d > allowed);
            return $"differs at {wrong} of {expected.Indices.Count} recorded places, most at flat index {worst.Index}: "
                + $"{worst.Found:G9}, expected {worst.Expected:G9} within {allowed:G3}";
        }

        var (sum, absSum) = (values.Sum(), values.Sum(Math.Abs));
        if (Distance(sum, expected.Sum) > allowed * values.Length)
            return $"has sum {sum:G9}, expected {expected.Sum:G9} within {allowed * values.Length:G3}";
        return Distance(absSum, expected.AbsSum) <= allowed * values.Length ? null
            : $"has sum of magnitudes {absSum:G9}, expected {expected.AbsSum:G9} within {allowed * values.Length:G3}";
    }

    /// <summary>Infinite where either is not a number, so that such a value is the worst one.</summary>
    private static double Distance(double a, double b) =>
        double.IsNaN(a - b) ? double.PositiveInfinity : Math.Abs(a - b);

    /// <summary>
    /// The state_dict in PyTorch's order: a module's own parameters, its own buffers, then its children in the order of
    /// their registration. (TorchSharp's own dictionary has all parameters before all buffers.)
    /// </summary>
    public static IReadOnlyList<Entry> StateOf(nn.Module module)
    {
        ArgumentNullException.ThrowIfNull(module);
        var entries = new List<Entry>();
        Collect(module, "", entries);
        return entries;
    }

    private static void Collect(nn.Module module, string prefix, List<Entry> entries)
    {
        foreach (var (name, parameter) in module.named_parameters(recurse: false))
            entries.Add(new Entry(prefix + name, parameter.shape));
        foreach (var (name, buffer) in module.named_buffers(recurse: false))
            entries.Add(new Entry(prefix + name, buffer.shape));
        foreach (var (name, child) in module.named_children())
            Collect(child, $"{prefix}{name}.", entries);
    }

    private static string Shown(List<Entry> entries) =>
        string.Join(", ", entries.Take(MaxShown)) + (entries.Count > MaxShown ? ", ..." : "");

    private static List<Entry> Entries(JsonElement element) =>
        [.. element.EnumerateObject().Select(p => new Entry(p.Name, Longs(p.Value)))];

    private static long[] Longs(JsonElement element) => [.. element.EnumerateArray().Select(v => v.GetInt64())];
}
