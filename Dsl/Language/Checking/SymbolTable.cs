using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Syntax;
using KnDsl.Language.Text;
using KnDsl.Language.Values;

namespace KnDsl.Language.Checking;

/// <summary>
/// Names for sizes that a module computes. Messages show them as they are, <c>x.channels</c>; in the generated code they are one word,
/// <see cref="Casing.Joined"/>, and that must be the only one of the module.
/// </summary>
internal sealed class SymbolTable(Subject subject, Func<IReadOnlyList<TensorValue>> inputs)
{
    private readonly HashSet<string> _loopNames = [];
    private HashSet<string>? _taken;

    private HashSet<string> Taken => _taken ??=
    [
        .. ReservedNames.All,
        .. subject.Declaration.Parameters.Select(parameter => parameter.Name.Text),
        .. inputs().SelectMany(input => input.Shape.Sizes).SelectMany(size => size.Symbols()).Select(symbol => Casing.Joined(symbol.Name)),
    ];

    /// <summary>A symbol for a local of the constructor, under a name that no parameter has.</summary>
    /// <param name="isPositive">Whether it is a size of a tensor, or a number that is at least 1 in any case.</param>
    public Symbol New(string name, SymbolKind kind = SymbolKind.Construction, bool isPositive = true)
    {
        var unique = name;
        for (var number = 2; !Taken.Add(Casing.Joined(unique)); number++)
            unique = name + number;
        return new Symbol(unique, kind, isPositive);
    }

    /// <summary>A symbol for a size that an if or a loop sets: it is known with the later of the two that it may be.</summary>
    public Symbol NewOneOf(string name, Size one, Size other, Place setter, bool isPositive = true) =>
        New(name, KindOf(one, other), isPositive) with { Origin = new PathSize(setter) };

    /// <summary>When a size that is one of two is known.</summary>
    public static SymbolKind KindOf(Size one, Size other) =>
        one.Symbols().Concat(other.Symbols()).Any(symbol => symbol.Kind == SymbolKind.Data) ? SymbolKind.Data : SymbolKind.Construction;

    /// <summary>A size of an input that the constructor takes, under a name that no parameter has.</summary>
    public Symbol ForInput(string name)
    {
        bool IsTaken(string joined) => subject.HasParameter(joined) || ReservedNames.Contains(joined);
        var unique = name;
        for (var number = 2; IsTaken(Casing.Joined(unique)); number++)
            unique = name + number;
        return new Symbol(unique, SymbolKind.Construction);
    }

    /// <summary>
    /// Whether a loop may have the name in the generated code: loops one after the other may share one, but not a loop and
    /// the one around it, nor a parameter or number.
    /// </summary>
    private bool TakeForLoop(BodyPath path, string name)
    {
        if (path.Loops.Any(loop => loop.Variable.Name == name) || !_loopNames.Contains(name) && !Taken.Add(name))
            return false;
        _loopNames.Add(name);
        return true;
    }

    /// <summary>The name of a loop's variable in the generated code: that of the file where it is free.</summary>
    public string NameLoop(BodyPath path, string name) => TakeForLoop(path, name) ? name : New(name).Name;

    /// <summary>A name for the variable of a repetition, which has none in the file.</summary>
    public string NameRepetition(BodyPath path)
    {
        foreach (var name in new[] { "i", "j", "k" })
            if (path.Scope.Find(name) is null && TakeForLoop(path, name))
                return name;
        return New("turn").Name;
    }

    /// <summary>The name of a size of a value: <c>x.channels</c>.</summary>
    public static string InputName(string input, int axis, int rank)
    {
        if (axis == 0)
            return "N";
        var name = Shape.AxisName(axis, rank);
        return $"{input}.{(name.StartsWith("dimension ", StringComparison.Ordinal) ? "size" + axis : name)}";
    }
}
