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

    /// <summary>Whole and other numbers that may be 0 or less, and lists of them.</summary>
    private List<string> _integers = [];
    private List<string> _integerLists = [];
    private List<string> _fractions = [];
    private List<string> _fractionLists = [];

    /// <summary>Whether the sizes of the values are known when the network is built.</summary>
    private readonly bool _isFixed;
    private readonly string? _change;

    /// <summary>Shared modules that can be applied here.</summary>
    private List<string> _modules = [];

    /// <summary>Values that come from a norm with no more than operations between, each with the norm's label.</summary>
    private List<(string Value, string Norm)> _sources = [];

    private sealed record Block(string Name, int Inputs, int Outputs, string[] Parameters);

    /// <summary>A block whose arguments decide its sizes, and one that is built with sizes of its input.</summary>
    private const string Sized = """

        block Resize(x, on: bool, times: int)
        {
            if on { y = x -> maxpool(2, stride: 2, padding: 1) } else { y = x }
            for i in 0..times { y = concat(y, x -> conv(i + 1, 1) -> upsample(like: y)) -> upsample(size: [y.height + i, y.width]) }
            return y
        }

        block Tall(x, more: int)
        {
            if x.height > 4 or more % 2 == 1 {
                y = x -> conv(x.height + 1, 1) -> norm
            } else {
                y = x -> conv(x.width, 1)
            }
            for i in 0..more { y = y -> conv(x.height - i % 2, 1) }
            return y
        }

        """;

    private RandomNetwork(int seed, string? change)
    {
        (_random, _change) = (new Random(seed), change);
        _isFixed = Chance(60);
    }

    /// <summary>The network of a seed, perhaps with another default for a parameter: <c>depth: 0</c>.</summary>
    public static string Make(int seed, string space, string? change = null) => new RandomNetwork(seed, change).File(space);

    private bool Chance(int percent) => _random.Next(100) < percent;

    private T Any<T>(IReadOnlyList<T> all) => all[_random.Next(all.Count)];

    private string File(string space)
    {
        var blocks = new List<string>();
        for (var count = _random.Next(4); count > 0; count--)
            blocks.Add(DeclareBlock($"Part{blocks.Count}"));
        return $"namespace {space}\n{DeclareNetwork()}{string.Concat(blocks)}{(_isFixed ? Sized : "")}";
    }

    // ---- declarations ----------------------------------------------------------------------------------------------

    /// <summary>The parameters that a network or block may have.</summary>
    private static readonly (string Name, string Type, string Default)[] AllParameters =
    [
        ("width", "int", "4"), ("depth", "int", "2"), ("flag", "bool", "true"), ("wide", "bool", "false"),
        ("depths", "int[]", "[2, 1]"), ("rate", "float", "0.1"), ("out", "int", "3"), ("xHeight", "int", "2"), ("xChannels", "int", "3"),
        ("offset", "int", "0"), ("shift", "int", "-1"), ("signs", "int[]", "[0, 2, -1]"), ("rest", "int[]", "[]"),
        ("gains", "float[]", "[0.0, 0.5]"),
    ];

    /// <summary>Other arguments to try.</summary>
    public static IReadOnlyList<string> Changes { get; } =
    [
        "flag: false", "wide: true", "width: 6", "depth: 1", "depth: 0", "depths: [1, 2, 3]", "depths: []", "rate: 0.0", "offset: 3",
        "offset: -2", "shift: 0", "shift: 2", "signs: [-1, 0, 1, 2]", "signs: [3, 1, 0]", "rest: [0]", "rest: [-1, 2]", "gains: [0.5, 0.0]",
    ];

    private string[] Parameters(bool all)
    {
        var parameters = new List<string>();
        foreach (var (name, type, value) in AllParameters)
        {
            if (Chance(45))
            {
                var text = all && _change is not null && _change.StartsWith(name + ":", StringComparison.Ordinal)
                    ? _change[(name.Length + 2)..] : value;
                parameters.Add(all || Chance(60) ? $"{name}: {type} = {Lines(text)}" : $"{name}: {type}");
                if (type == "int" && !value.StartsWith('-') && value != "0")
                    _numbers.Add(name);
                (type switch
                {
                    "int" => _integers,
                    "bool" => _conditions,
                    "int[]" when name == "depths" => _lists,
                    "int[]" => _integerLists,
                    "float" => _fractions,
                    _ => _fractionLists,
                }).Add(name);
            }
        }

        // Those without a default come first.
        return [.. parameters.OrderBy(parameter => parameter.Contains('='))];
    }

    /// <summary>The same text, sometimes over several lines.</summary>
    private string Lines(string text) => Chance(25) ? text.Replace("[", "[\n        ").Replace(", ", ",\n        ") : text;

    private void Begin(IEnumerable<string> values)
    {
        (_values, _numbers, _conditions, _lists, _shared) = ([.. values], ["2", "3", "4"], [], [], []);
        (_modules, _sources) = ([], []);
        (_integers, _integerLists, _fractions, _fractionLists) = (["0", "1", "-1"], [], [], []);
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
        Line(_isFixed ? $"input {input}[N, 3, 6, 8]" : $"input {input}[N, 3, 2*h, 2*w]");
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
        _integers.Remove(name);
    }

    private void Statements(int count)
    {
        for (; count > 0; count--)
            Statement();
    }

    private void Statement()
    {
        switch (_random.Next(_depth < 3 ? 19 : 12))
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
            case 16 when _isFixed && Chance(50):
                SizeOfBlock();
                break;
            case 16:
                SizeOfBranches();
                break;
            case 17:
                Broaden();
                break;
            case 18:
                var integer = $"n{_labels++}";
                Line($"{integer} = {Integer()} {Any(["+", "-", "*"])} {Integer()}");
                _integers.Add(integer);
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
        type.Contains("float[]") ? "[0.25, 0.0]"
        : type.Contains("[]") ? _lists.Count > 0 && Chance(50) ? Any(_lists) : "[1, 2]"
        : type.Contains("bool") ? Chance(50) ? Condition() : Any(["true", "false"])
        : type.Contains("float") ? "0.5"
        : Number();

    /// <summary>A value whose sizes branches or turns decide, a size that is read from it, and a value of the usual sizes again.</summary>
    private void SizeOfBranches()
    {
        var (from, value) = (Value(), $"d{_labels++}");
        var change = Any(["maxpool(2)", "upsample(2)", "avgpool(2)", "conv(5, 3, stride: 2)"]);
        Line(Chance(70)
            ? $"if {Condition()} {{ {value} = {from} -> {change} }} else {{ {value} = {from} }}"
            : $"{value} = {from} -> {(change.StartsWith("conv", StringComparison.Ordinal) ? Label() : "")}{change} if {Condition()}");
        if (_isFixed && Chance(60))
        {
            var size = $"n{_labels++}";
            Line($"{size} = {value}.{Any(["height", "width"])}");
            _numbers.Add(size);
            _integers.Add(size);
        }
        var block = _blocks.FirstOrDefault(block => block is { Inputs: 1, Outputs: 1 }
            && block.Parameters.All(parameter => parameter.Contains('=')));
        if (block is not null && Chance(50))
            Line($"{value} = {value} -> {Label()}{block.Name}");
        Assign($"{value} -> upsample(like: {from}) -> {Label()}conv({(_isFixed && Chance(50) ? $"{value}.height" : "4")}, 1)");
    }

    /// <summary>A size that a block's branches and turns decide, for a block that is built with it.</summary>
    private void SizeOfBlock()
    {
        var (from, value) = (Value(), $"d{_labels++}");
        Line($"{value} = {from} -> {Label()}Resize({Condition()}, {Any(["0", "1", "2"])})");
        if (Chance(40))
            Line($"{value} = {value} -> {Label()}Resize({Condition()}, {Any(["0", "1"])})");
        Assign($"{value} -> {Label()}Tall({Integer()}) -> upsample(like: {from}) -> {Label()}conv(4, 1)");
    }

    /// <summary>A size of 1 that a branch or a loop widens.</summary>
    private void Broaden()
    {
        var (from, value) = (Value(), $"d{_labels++}");
        var channels = Any(_numbers);
        Line(Chance(50)
            ? $"{value} = {from} -> mean(1, keep: true)"
            : $"{value} = {from} -> conv({channels}, 1) -> mean([2, 3], keep: true)");
        Line(Chance(50)
            ? $"for k{_labels++} in 0..{Any(_integers)} {{ {value} = {value} {Any(["+", "*"])} ({from} -> conv({channels}, 1)) }}"
            : $"if {Condition()} {{ {value} = {value} + ({from} -> conv({channels}, 1)) }}");
        Assign($"{value} * ({from} -> {Label()}conv({channels}, 1))");
    }

    /// <summary>A whole number of any sign.</summary>
    private string Integer() => _random.Next(10) switch
    {
        0 or 1 when _integerLists.Count > 0 => $"{Any(_integerLists)}.count",
        2 or 3 when _integerLists.Contains("signs") => $"signs[{Any(["0", "1", "2"])}]",
        4 => $"{Any(_integers)} {Any(["+", "-", "*"])} {Any(_integers)}",
        5 => $"{Any(_integers)} {Any(["/", "%"])} {Any(["2", "3", "-2"])}",
        6 => Any(_numbers),
        _ => Any(_integers),
    };

    private string Comparison() => Any(["==", "!=", ">", ">=", "<", "<="]);

    private string Condition() => _random.Next(12) switch
    {
        6 or 7 or 8 => $"{Integer()} {Comparison()} {Integer()}",
        9 when _fractions.Count > 0 =>
            $"{Any(_fractions)}{Any(["", " * 2", " - 0.1", " % 0.3"])} {Comparison()} {Any(["0", "0.1", "-0.5"])}",
        9 when _fractionLists.Count > 0 => $"gains[{Any(["0", "1"])}] {Comparison()} 0.0",
        10 when _depth < 3 && _conditions.Count > 0 => $"{Any(_conditions)} {Any(["==", "!="])} ({Integer()} {Comparison()} 0)",
        11 => $"not ({Integer()} {Comparison()}\n            {Any(["0", "1", "-1"])}) {Any(["and", "or"])} {Integer()} > 0",
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
        var (modules, sources, integers) = (_modules.ToList(), _sources.ToList(), _integers.ToList());
        if (variable is not null)
        {
            _values.Remove(variable);
            _numbers.Add(variable);
            _integers.Add(variable);
        }
        _depth++;
        body();
        _depth--;
        (_values, _numbers, _conditions, _shared) = (values, numbers, conditions, shared);
        (_modules, _sources, _integers) = (modules, sources, integers);
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
            : Chance(15) ? $"for {variable} in {Any(_integers)}..{Any(["0", "1", "2"])}"
            : Chance(15) && _integerLists.Count > 0 ? $"for {variable} in {Any(_integerLists)}"
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
            0 or 1 => $"{label}conv({Number()}, {Any(["1", "3", "[1, 3]"])})",
            2 => $"{label}conv(\n            {Number()},\n            {Any(["1", "3"])})",
            3 or 4 or 5 => $"{label}norm",
            6 => $"{label}norm({Any(["group(1)", "batch()", "chain: start", "eps: 0.01", "none()", "\n            eps: 0.01"])})",
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
