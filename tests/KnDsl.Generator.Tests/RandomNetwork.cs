using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace KnDsl.Generator.Tests;

/// <summary>
/// Writes a random network that is nearly always right: blocks with several inputs and outputs, ifs and loops that
/// parameters decide, shared modules, numbers, and names that C# keeps for itself. The same for the same seed.
/// </summary>
internal sealed class RandomNetwork
{
    private static readonly string[] Names =
    [
        "x", "y", "z", "image", "scope", "outputs", "output", "xState", "t1", "class", "int", "norm1", "conv", "current", "device1",
        "forward", "base", "value",
        "i", "j", "xChannels", "training", "torch1", "nn1", "name", "handle", "Layers", "Summary", "fold", "string", "xPrior",
        "imageState", "x_2", "items", "state",
    ];

    private readonly Random _random;
    private readonly StringBuilder _text = new();
    private readonly List<Block> _blocks = [];
    private int _labels;
    private int _depth;

    /// <summary>Values that can be read here.</summary>
    private List<string> _values = [];

    /// <summary>Whole numbers of at least 1, conditions and lists that can be read here.</summary>
    private List<string> _numbers = [];
    private List<string> _conditions = [];
    private List<string> _lists = [];
    private List<string> _shared = [];

    /// <summary>Shared modules that can be applied here.</summary>
    private List<string> _modules = [];

    /// <summary>Values that come from a norm with no more than operations between, each with the norm's label.</summary>
    private List<(string Value, string Norm)> _sources = [];

    private sealed record Block(string Name, int Inputs, int Outputs, string[] Parameters);

    private RandomNetwork(int seed) => _random = new Random(seed);

    public static string Make(int seed, string space) => new RandomNetwork(seed).File(space);

    private bool Chance(int percent) => _random.Next(100) < percent;

    private T Any<T>(IReadOnlyList<T> all) => all[_random.Next(all.Count)];

    private string File(string space)
    {
        var blocks = new List<string>();
        for (var count = _random.Next(4); count > 0; count--)
            blocks.Add(DeclareBlock($"Part{blocks.Count}"));
        return $"namespace {space}\n{DeclareNetwork()}{string.Concat(blocks)}";
    }

    // ---- declarations ----------------------------------------------------------------------------------------------

    private string[] Parameters(bool all)
    {
        var parameters = new List<string>();
        foreach (var (name, type, value) in new[]
                 {
                     ("width", "int", "4"), ("depth", "int", "2"), ("flag", "bool", "true"), ("wide", "bool", "false"),
                     ("depths", "int[]", "[2, 1]"), ("rate", "float", "0.1"),
                     ("out", "int", "3"), ("xHeight", "int", "2"), ("xChannels", "int", "3"),
                 })
        {
            if (Chance(45))
            {
                parameters.Add(all || Chance(60) ? $"{name}: {type} = {value}" : $"{name}: {type}");
                (type switch { "int" => _numbers, "bool" => _conditions, "int[]" => _lists, _ => [] }).Add(name);
            }
        }

        return [.. parameters];
    }

    private void Begin(IEnumerable<string> values)
    {
        (_values, _numbers, _conditions, _lists, _shared) = ([.. values], ["2", "3", "4"], [], [], []);
        (_modules, _sources) = ([], []);
        _text.Clear();
        _labels = 0;
    }

    private string DeclareBlock(string name)
    {
        var inputs = Names.OrderBy(_ => _random.Next()).Take(Chance(70) ? 1 : 2).ToArray();
        Begin(inputs);
        var parameters = Parameters(false);
        Statements(_random.Next(1, 4));
        var outputs = Chance(75) ? 1 : 2;
        Line($"return {string.Join(", ", Enumerable.Range(0, outputs).Select(_ => Chance(30) ? Value() : $"{Value()} -> {Stages()}"))}");
        _blocks.Add(new Block(name, inputs.Length, outputs, parameters));
        return $"\nblock {name}({string.Join(", ", inputs.Concat(parameters))})\n{{\n{_text}}}\n";
    }

    private string DeclareNetwork()
    {
        var input = Any(Names);
        Begin([input]);
        var parameters = Parameters(true).ToList();
        var policy = Chance(60);
        if (policy)
            parameters.Add("policy: norm = kalman()");
        Line(Chance(50) ? $"input {input}[N, 3, 2*h, 2*w]" : $"input {input}[N, 3, 6, 8]");
        if (policy)
            Line("norm = policy");
        Statements(_random.Next(2, 6));
        var result = Fresh();
        Line($"{result} = {Value()} -> {Stages()} -> avgpool(global) -> flatten -> {Label()}linear(2)");
        Line($"output {result}[N, 2]");
        return $"\nnetwork Net({string.Join(", ", parameters)})\n{{\n{_text}}}\n";
    }

    // ---- statements ------------------------------------------------------------------------------------------------

    private void Line(string text) => _text.Append(' ', 4 * (_depth + 1)).Append(text).Append('\n');

    private string Value() => Any(_values);

    private string Number() => Chance(70) ? Any(_numbers) : $"{Any(_numbers)} {Any(["+", "*"])} {Any(_numbers)}";

    private string Fresh() => Chance(60) ? Any(Names) : Any(_values);

    private void Set(string name)
    {
        if (!_values.Contains(name))
            _values.Add(name);
        _numbers.Remove(name);
    }

    private void Statements(int count)
    {
        for (; count > 0; count--)
            Statement();
    }

    private void Statement()
    {
        switch (_random.Next(_depth < 3 ? 16 : 12))
        {
            case 0:
                var (left, right) = (Value(), Value());
                Assign($"({left} -> {Label()}conv(4, 1)) {Any(["+", "-", "*"])} ({right} -> {Stages()} -> {Label()}conv(4, 1))");
                break;
            case 1:
                Assign($"concat({Value()}, {Value()}{(Chance(40) ? $", {Value()} -> {Stages()}" : "")})");
                break;
            case 2 when _blocks.Count > 0:
                CallBlock();
                break;
            case 3 when _depth == 0 && !_shared.Contains("head"):
                Line($"module head = {(Chance(50) ? $"conv(5, 1)" : $"{Label()}conv(5, 1)")}");
                Assign($"{Value()} -> {Label()}conv(3, 1) -> head");
                Assign($"{Value()} -> {Label()}conv(3, 1) -> head");
                _shared.Add("head");
                break;
            case 4:
                var number = $"n{_labels++}";
                Line($"{number} = {Number()}{(Chance(40) ? $" + {Value()}.channels" : "")}");
                _numbers.Add(number);
                break;
            case 8:
                DeclareModule();
                break;
            case 9 when _modules.Count > 0:
                Assign($"{Value()} -> {Label()}conv(3, 1) -> {Any(_modules)}");
                break;
            case 10:
                Line($"norm = {Any(["kalman()", "batch()", "group(1)", "none()"])}");
                break;
            case 11:
                NameAPrior();
                break;
            case 12 or 13:
                If();
                break;
            case 14 or 15:
                For();
                break;
            default:
                Assign($"{Value()} -> {Stages()}");
                break;
        }
    }

    private void Assign(string value)
    {
        var name = Fresh();
        Line($"{name} = {value}");
        Set(name);
    }

    /// <summary>A module that is applied later, if at all.</summary>
    private void DeclareModule()
    {
        var name = $"m{_labels++}";
        var block = _blocks.FirstOrDefault(block => block is { Inputs: 1, Outputs: 1 }
            && block.Parameters.All(parameter => parameter.Contains('=')));
        Line($"module {name} = {(Chance(30) ? "norm" : block is not null && Chance(40) ? block.Name : $"conv({Number()}, 3)")}");
        _modules.Add(name);
    }

    /// <summary>A value that comes from a norm, or a norm that names one of those as its only prior.</summary>
    private void NameAPrior()
    {
        if (_sources.Count == 0 || Chance(40))
        {
            var (source, label) = ($"s{_labels}", $"l{_labels++}");
            Line($"{source} = {Value()} -> {Label()}conv(4, 3) -> {label}: norm(kalman()) -> {Any(["relu", "sigmoid", "identity"])}");
            _sources.Add((source, label));
        }
        else
        {
            var (source, norm) = Any(_sources);
            var between = Any(["", "relu -> ", $"{Label()}conv(4, 1) -> ", $"relu -> {Label()}conv({Number()}, 3) -> "]);
            Assign($"{source} -> {between}norm(kalman(), from: {norm})");
        }
    }

    private void CallBlock()
    {
        var block = Any(_blocks);
        var targets = Names.OrderBy(_ => _random.Next()).Take(block.Outputs).ToArray();
        var arguments = block.Parameters.Where(parameter => !parameter.Contains('=') || Chance(30))
            .Select(parameter => parameter.Split(':')).Select(parts => parts[0] + ": " + Argument(parts[1]));
        var inputs = Enumerable.Range(0, block.Inputs).Select(_ => Value()).ToArray();
        Line(Chance(50) && block.Inputs == 1
            ? $"{string.Join(", ", targets)} = {inputs[0]} -> {Label()}{block.Name}({string.Join(", ", arguments)})"
            : $"{string.Join(", ", targets)} = {Label()}{block.Name}({string.Join(", ", inputs.Concat(arguments))})");
        foreach (var target in targets)
            Set(target);
    }

    private string Argument(string type) =>
        type.Contains("[]") ? _lists.Count > 0 && Chance(50) ? Any(_lists) : "[1, 2]"
        : type.Contains("bool") ? Chance(50) ? Condition() : Any(["true", "false"])
        : type.Contains("float") ? "0.5"
        : Number();

    private string Condition() => _random.Next(6) switch
    {
        0 => $"{Value()}.channels {Any(["==", "!=", ">", "<="])} {Number()}",
        1 when _conditions.Count > 0 => $"not {Any(_conditions)}",
        2 when _conditions.Count > 0 => $"{Any(_conditions)} {Any(["and", "or"])} {Number()} {Any(["==", "!=", "<"])} {Number()}",
        3 when _lists.Count > 0 => $"{Any(_lists)}.count > 1",
        _ when _conditions.Count > 0 => Any(_conditions),
        _ => $"{Number()} {Any(["==", "!=", ">", "<="])} {Number()}",
    };

    /// <summary>What a part of the body may name is forgotten behind it; what it sets anew stays.</summary>
    private void Inside(string head, Action body, string? variable = null)
    {
        Line(head + " {");
        var (values, numbers, conditions, shared) = (_values.ToList(), _numbers.ToList(), _conditions.ToList(), _shared.ToList());
        var (modules, sources) = (_modules.ToList(), _sources.ToList());
        if (variable is not null)
        {
            _values.Remove(variable);
            _numbers.Add(variable);
        }
        _depth++;
        body();
        _depth--;
        (_values, _numbers, _conditions, _shared) = (values, numbers, conditions, shared);
        (_modules, _sources) = (modules, sources);
    }

    private void If()
    {
        Inside($"if {Condition()}", () => Statements(_random.Next(1, 3)));
        if (Chance(50))
            Inside("} else", () => Statements(_random.Next(1, 3)));
        Line("}");
    }

    private void For()
    {
        var variable = $"k{_labels++}";
        var head = Chance(25) && _lists.Count > 0 ? $"for {variable} in {Any(_lists)}"
            : $"for {variable} in {Any(["0", "1"])}.."
                + (Any(["depth", "2", "3", "width"]) is var end && _numbers.Contains(end) ? end : "3");
        Inside(head, () => Statements(_random.Next(1, 3)), variable);
        Line("}");
    }

    // ---- stages ----------------------------------------------------------------------------------------------------

    private string Label() => _random.Next(6) switch
    {
        0 => $"part.l{_labels++}: ",
        1 => $"l{_labels++}: ",
        2 => $"\"a-{_labels++}\": ",
        _ => "",
    };

    private string Stages() => string.Join(" -> ", Enumerable.Range(0, _random.Next(1, 4)).Select(_ => Stage(true)));

    private string Stage(bool labelled)
    {
        var label = labelled ? Label() : "";
        var stage = _random.Next(14) switch
        {
            0 or 1 or 2 => $"{label}conv({Number()}, {Any(["1", "3", "[1, 3]"])})",
            3 or 4 or 5 => $"{label}norm",
            6 => $"{label}norm({Any(["group(1)", "batch()", "chain: start", "eps: 0.01", "none()"])})",
            7 => "relu",
            8 => Any(["gelu", "silu", "dropout(0.1)", "identity", "maxpool(3, stride: 1, padding: 1)", "sigmoid", "leaky_relu(0.1)"]),
            9 => $"{label}conv(4, 3, padding: same) -> channel_shuffle(2)",
            10 when labelled =>
                $"{label}[ {Stage(false)}, "
                    + $"{Stage(false)}{(Chance(40) ? $" * {Any(_numbers)}" : "")}{(Chance(20) ? $", {Stage(false)}" : "")} ]",
            11 when _blocks.FirstOrDefault(block =>
                block is { Inputs: 1, Outputs: 1 } && block.Parameters.All(parameter => parameter.Contains('='))) is { } block =>
                    $"{label}{block.Name}",
            12 when labelled => $"{label}conv(4, 1) -> {Label()}conv(4, 3) if {Condition()}",
            _ => $"{label}conv(4, 3)",
        };
        return labelled ? stage : stage.Split(" -> ")[0];
    }
}
