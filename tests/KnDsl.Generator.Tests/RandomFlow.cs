using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;

namespace KnDsl.Generator.Tests;

/// <summary>
/// Writes a random program of assignments, ifs, loops and stages that may be left out, whose branches have modules of one label. It can
/// be written with parameters, and without ifs and loops for certain arguments: as the row of statements that then run. Both are to
/// compute the same.
/// </summary>
internal sealed class RandomFlow
{
    private static readonly string[] Values = ["y", "z", "w"];

    private static readonly (string Text, Func<Turn, bool> Holds)[] Conditions =
    [
        ("k", turn => turn.K), ("f", turn => turn.F), ("not k", turn => !turn.K), ("k and f", turn => turn.K && turn.F),
        ("not k or f", turn => !turn.K || turn.F), ("n > 1", turn => turn.N > 1), ("n == 2", turn => turn.N == 2),
        ("n > 2", turn => turn.N > 2), ("i0 == 0", turn => turn.Variables["i0"] == 0),
    ];

    private readonly Random _random;
    private readonly List<Statement> _body;
    private readonly List<string> _loops = [];
    private int _label;

    private RandomFlow(int seed)
    {
        _random = new Random(seed);
        _body = Statements(_random.Next(2, 5), depth: 0);
    }

    /// <summary>The arguments to try.</summary>
    public static IReadOnlyList<(int N, bool K, bool F)> Arguments { get; } =
        [(2, true, true), (0, true, false), (1, false, true), (3, false, false)];

    /// <summary>The network of a seed with parameters, and then one without ifs and loops for each of the arguments.</summary>
    public static string Make(int seed)
    {
        var flow = new RandomFlow(seed);
        var text = new StringBuilder();
        foreach (var statement in flow._body)
            statement.Write(text, 1);
        var networks = new StringBuilder(Network($"Flow{seed}", "n: int = 2, k: bool = true, f: bool = true, ", text));
        for (var i = 0; i < Arguments.Count; i++)
        {
            var (n, k, f) = Arguments[i];
            text.Clear();
            foreach (var statement in flow._body)
                statement.Run(text, new Turn(n, k, f, []));
            networks.Append(Network($"Flow{seed}With{i}", "", text));
        }
        return networks.ToString();
    }

    private static string Network(string name, string parameters, StringBuilder body) => $$"""
        network {{name}}({{parameters}}policy: norm = kalman())
        {
            input x[N, 3, rows, columns]
            norm = policy
            y = x -> s1: conv(4, 1) -> b1: norm
            z = x -> s2: conv(4, 3) -> relu
            w = x -> s3: conv(4, 1)
        {{body}}    sum = y + z -> last: conv(2, 1) -> lastnorm: norm
            output sum[N, 2, rows, columns], y[N, 4, rows, columns], w[N, 4, rows, columns]
        }

        """;

    private bool Chance(int percent) => _random.Next(100) < percent;

    private string Any(params string[] all) => all[_random.Next(all.Length)];

    private string Value() => Any(Values);

    private int Condition() => _loops.Count > 0 && Chance(30) ? Conditions.Length - 1 : _random.Next(Conditions.Length - 1);

    private List<Statement> Statements(int count, int depth) =>
        [.. Enumerable.Range(0, count).SelectMany(_ => Statements(depth))];

    private IEnumerable<Statement> Statements(int depth)
    {
        switch (_random.Next(depth < 3 ? 9 : 6))
        {
            case 0:
                return [new Assignment($"{Value()} = {Value()}")];
            case 1:
                return [new Assignment($"{Value()} = {Value()} + {Value()}")];
            case 2 or 3:
                return [new Assignment($"{Value()} = {Value()} -> {Stages()}")];
            case 4:
                return [new Optional($"{Value()} = {Value()}", $" -> {Layer()}", Condition())];
            case 5:
                // Two values change places, one of them changed perhaps.
                var (one, other) = (Value(), Value());
                return
                [
                    new Assignment($"kept = {one}"),
                    new Assignment($"{one} = {other}{(Chance(40) ? $" -> {Stages()}" : "")}"),
                    new Assignment($"{other} = kept{(Chance(40) ? $" + {Value()}" : "")}"),
                ];
            case 6 when _loops.Count < 2:
                var variable = $"i{_loops.Count}";
                _loops.Add(variable);
                var body = Statements(_random.Next(1, 4), depth + 1);
                _loops.RemoveAt(_loops.Count - 1);
                return [new Loop(variable, Chance(60) ? null : 2, body)];
            default:
                return [If(depth)];
        }
    }

    /// <summary>Branches exclude each other: they often have the same labels.</summary>
    private Choice If(int depth)
    {
        var first = _label;
        var branches = new List<(int?, List<Statement>)> { (Condition(), Statements(_random.Next(1, 3), depth + 1)) };
        var last = _label;
        for (var others = _random.Next(3); others > 0; others--)
        {
            _label = Chance(60) ? first : last;
            branches.Add((others > 1 ? Condition() : null, Statements(_random.Next(1, 3), depth + 1)));
            last = Math.Max(last, _label);
        }
        _label = last;
        return new Choice(branches);
    }

    private string Stages() => Layer()
        + (Chance(40) ? $" -> {Label()}: norm" : "") + (Chance(60) ? $" -> {Any("relu", "sigmoid", "tanh")}" : "");

    private string Layer() => $"{Label()}: conv(4, {Any("1", "3")})";

    private string Label() => $"m{(_label++).ToString(CultureInfo.InvariantCulture)}{string.Concat(_loops.Select(name => $"t{{{name}}}"))}";

    /// <summary>What decides where a program goes.</summary>
    private sealed record Turn(int N, bool K, bool F, Dictionary<string, int> Variables);

    private abstract class Statement
    {
        /// <summary>Writes it with parameters.</summary>
        public abstract void Write(StringBuilder text, int depth);

        /// <summary>Writes what runs of it.</summary>
        public abstract void Run(StringBuilder text, Turn turn);

        protected static void Line(StringBuilder text, int depth, string line) => text.Append(' ', 4 * depth).Append(line).Append('\n');

        protected static string At(string line, Turn turn) => turn.Variables.Aggregate(line, (with, variable) =>
            with.Replace($"{{{variable.Key}}}", variable.Value.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));
    }

    private sealed class Assignment(string line) : Statement
    {
        public override void Write(StringBuilder text, int depth) => Line(text, depth, line);

        public override void Run(StringBuilder text, Turn turn) => Line(text, 1, At(line, turn));
    }

    private sealed class Optional(string start, string stage, int condition) : Statement
    {
        public override void Write(StringBuilder text, int depth) =>
            Line(text, depth, $"{start}{stage} if {Conditions[condition].Text}");

        public override void Run(StringBuilder text, Turn turn) =>
            Line(text, 1, At(Conditions[condition].Holds(turn) ? start + stage : start, turn));
    }

    private sealed class Loop(string variable, int? count, List<Statement> body) : Statement
    {
        public override void Write(StringBuilder text, int depth)
        {
            Line(text, depth, $"for {variable} in 0..{count?.ToString(CultureInfo.InvariantCulture) ?? "n"} {{");
            foreach (var statement in body)
                statement.Write(text, depth + 1);
            Line(text, depth, "}");
        }

        public override void Run(StringBuilder text, Turn turn)
        {
            for (var i = 0; i < (count ?? turn.N); i++)
            {
                foreach (var statement in body)
                    statement.Run(text, turn with { Variables = new(turn.Variables) { [variable] = i } });
            }
        }
    }

    private sealed class Choice(List<(int? Condition, List<Statement> Body)> branches) : Statement
    {
        public override void Write(StringBuilder text, int depth)
        {
            for (var i = 0; i < branches.Count; i++)
            {
                var condition = branches[i].Condition is { } number ? $"if {Conditions[number].Text} {{" : "{";
                Line(text, depth, i == 0 ? condition : $"}} else {condition}");
                foreach (var statement in branches[i].Body)
                    statement.Write(text, depth + 1);
            }
            Line(text, depth, "}");
        }

        public override void Run(StringBuilder text, Turn turn)
        {
            foreach (var statement in branches
                .FirstOrDefault(branch => branch.Condition is not { } number || Conditions[number].Holds(turn)).Body ?? [])
            {
                statement.Run(text, turn);
            }
        }
    }
}
