using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace KnDsl.Generator.Tests;

/// <summary>
/// Writes a random program of assignments, ifs, loops and stages that may be left out, whose branches have modules of one label. It can
/// be written with parameters, and with the same numbers as constants of the file: both are to compute the same.
/// </summary>
internal sealed class RandomFlow
{
    private static readonly string[] Values = ["y", "z", "w"];

    private readonly Random _random;
    private readonly StringBuilder _body = new();
    private string _turns = "";
    private int _loops;
    private int _label;

    private RandomFlow(int seed)
    {
        _random = new Random(seed);
        Statements(_random.Next(2, 5), depth: 0);
    }

    /// <summary>The arguments to try.</summary>
    public static IReadOnlyList<(int N, bool K, bool F)> Arguments { get; } =
        [(2, true, true), (0, true, false), (1, false, true), (3, false, false)];

    /// <summary>The network of a seed with parameters, and then one for each of the arguments.</summary>
    public static string Make(int seed)
    {
        var flow = new RandomFlow(seed);
        var text = new StringBuilder(flow.Network($"Flow{seed}", "n: int = 2, k: bool = true, f: bool = true, ", ""));
        for (var i = 0; i < Arguments.Count; i++)
        {
            var (n, k, f) = Arguments[i];
            text.Append(flow.Network($"Flow{seed}With{i}", "", $"    n = {n}\n    k = {Text(k)}\n    f = {Text(f)}\n"));
        }
        return text.ToString();
    }

    private static string Text(bool value) => value ? "true" : "false";

    private string Network(string name, string parameters, string constants) => $$"""
        network {{name}}({{parameters}}policy: norm = kalman())
        {
            input x[N, 3, rows, columns]
            norm = policy
        {{constants}}    y = x -> s1: conv(4, 1) -> b1: norm
            z = x -> s2: conv(4, 3) -> relu
            w = x -> s3: conv(4, 1)
        {{_body}}    sum = y + z -> last: conv(2, 1) -> lastnorm: norm
            output sum[N, 2, rows, columns], y[N, 4, rows, columns], w[N, 4, rows, columns]
        }

        """;

    private bool Chance(int percent) => _random.Next(100) < percent;

    private string Value() => Values[_random.Next(Values.Length)];

    private string Condition()
    {
        string[] all = ["k", "f", "not k", "k and f", "not k or f", "n > 1", "n == 2", "n > 2"];
        return _turns.Length > 0 && Chance(30) ? "i0 == 0" : all[_random.Next(all.Length)];
    }

    private void Statements(int count, int depth)
    {
        for (; count > 0; count--)
            Statement(depth);
    }

    private void Statement(int depth)
    {
        switch (_random.Next(depth < 3 ? 9 : 6))
        {
            case 0:
                Line(depth, $"{Value()} = {Value()}");
                break;
            case 1:
                Line(depth, $"{Value()} = {Value()} + {Value()}");
                break;
            case 2 or 3:
                Line(depth, $"{Value()} = {Value()} -> {Stages()}");
                break;
            case 4:
                Line(depth, $"{Value()} = {Value()} -> {Layer()} if {Condition()}");
                break;
            case 5:
                Exchange(depth);
                break;
            case 6 when _loops < 2:
                Loop(depth);
                break;
            default:
                If(depth);
                break;
        }
    }

    /// <summary>Two values change places, one of them changed perhaps.</summary>
    private void Exchange(int depth)
    {
        var (one, other) = (Value(), Value());
        Line(depth, $"kept = {one}");
        Line(depth, $"{one} = {other}{(Chance(40) ? $" -> {Stages()}" : "")}");
        Line(depth, $"{other} = kept{(Chance(40) ? $" + {Value()}" : "")}");
    }

    private void Loop(int depth)
    {
        var variable = $"i{_loops++}";
        var before = _turns;
        Line(depth, $"for {variable} in 0..{(Chance(60) ? "n" : "2")} {{");
        _turns += $"t{{{variable}}}";
        Statements(_random.Next(1, 4), depth + 1);
        _turns = before;
        _loops--;
        Line(depth, "}");
    }

    /// <summary>Branches exclude each other: they often have the same labels.</summary>
    private void If(int depth)
    {
        var first = _label;
        Line(depth, $"if {Condition()} {{");
        Statements(_random.Next(1, 3), depth + 1);
        var last = _label;
        for (var others = _random.Next(3); others > 0; others--)
        {
            _label = Chance(60) ? first : last;
            Line(depth, others > 1 ? $"}} else if {Condition()} {{" : "} else {");
            Statements(_random.Next(1, 3), depth + 1);
            last = Math.Max(last, _label);
        }
        _label = last;
        Line(depth, "}");
    }

    private string Stages() => Layer()
        + (Chance(40) ? $" -> {Label()}: norm" : "") + (Chance(60) ? $" -> {Any("relu", "sigmoid", "tanh")}" : "");

    private string Layer() => $"{Label()}: conv(4, {Any("1", "3")})";

    private string Any(params string[] all) => all[_random.Next(all.Length)];

    private string Label() => $"m{(_label++).ToString(CultureInfo.InvariantCulture)}{(_turns.Length > 0 ? "q" + _turns : "")}";

    private void Line(int depth, string text) => _body.Append(' ', 4 * (depth + 1)).Append(text).Append('\n');
}
