using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Text;

namespace KnDsl.Language.Values;

internal enum ChainKind
{
    /// <summary>No norm comes before this value: the next one begins the chain.</summary>
    NotBegun,

    /// <summary>The value has a state that comes from norms.</summary>
    From,

    /// <summary>The value had a predecessor, but an operation on the way has no moment rule.</summary>
    Cut,
}

/// <summary>A norm that feeds a state, and the operations that the state passed since.</summary>
internal sealed class Predecessor(string norm, IReadOnlyList<string> path)
{
    private string? _text;

    public string Norm => norm;

    public IReadOnlyList<string> Path => path;

    public override string ToString() => _text ??= path.Count == 0 ? norm : $"{norm} ({string.Join(", ", path)})";
}

/// <summary>What is known, when the network is checked, of a value's state in the statistic chain.</summary>
/// <param name="Origins">The norms that feed the state, each with its path up to where the states last came together.</param>
internal sealed record ChainFact(ChainKind Kind, IReadOnlyList<Predecessor> Origins, string? CutBy = null, Place? CutAt = null,
    bool CutByJoin = false)
{
    /// <summary>Operations that the state passed since, the last one first: paths are only put together where they are read.</summary>
    private sealed record Step(string Operation, Step? Before);

    private Step? _since;
    private IReadOnlyList<Predecessor>? _predecessors;

    /// <summary>The norms that feed the state, each with its whole path.</summary>
    public IReadOnlyList<Predecessor> Predecessors => _predecessors ??= _since is null ? Origins : WithPaths();

    private IReadOnlyList<Predecessor> WithPaths()
    {
        if (Origins.All(HasLongPath))
            return Origins;
        var more = new List<string>();
        for (var step = _since; step is not null; step = step.Before)
            more.Insert(0, step.Operation);
        return Origins.Select(origin =>
            HasLongPath(origin) ? origin : new Predecessor(origin.Norm, Shortened(origin.Path, more))).ToArray();
    }

    /// <summary>Whether a path has its end already: nothing is added to it any more.</summary>
    private static bool HasLongPath(Predecessor origin) => origin.Path.Count > MaxPath;

    /// <summary>Longer paths end in "...": a state that passes hundreds of joins need not name them all.</summary>
    private const int MaxPath = 12;

    private const int MaxPredecessors = 16;

    public static readonly ChainFact NotBegun = new(ChainKind.NotBegun, []);

    public static ChainFact FromNorm(string norm) => new(ChainKind.From, [new Predecessor(norm, [])]);

    public static ChainFact Cut(string operation, Place at, bool byJoin = false) => new(ChainKind.Cut, [], operation, at, byJoin);

    public bool HasState => Kind == ChainKind.From;

    /// <summary>What decides messages inside a block: which kind of state comes in, not from where.</summary>
    public string Key => Kind == ChainKind.Cut ? $"cut by {CutBy} at {CutAt}" : Kind.ToString();

    /// <summary>The state after an operation that has a moment rule.</summary>
    public ChainFact Through(string operation) =>
        Kind != ChainKind.From ? this : this with { _since = new Step(operation, _since), _predecessors = null };

    private static IReadOnlyList<string> Shortened(IReadOnlyList<string> path, IReadOnlyList<string> more) =>
        path.Count + more.Count <= MaxPath
        ? [.. path, .. more]
        : [.. path.Concat(more).Take(MaxPath), "..."];

    /// <summary>The state of a value that joins several.</summary>
    public static ChainFact Join(IReadOnlyList<ChainFact> parts, string operation, Place at)
    {
        var begun = 0;
        foreach (var part in parts)
            if (part.Kind == ChainKind.Cut)
                return part;
            else if (part.Kind == ChainKind.From)
                begun++;
        return begun == 0 ? NotBegun
            : begun < parts.Count ? Cut(operation, at, true)
            : Merge(parts).Through(operation);
    }

    /// <summary>The state of a value that one of several paths gives.</summary>
    public static ChainFact Either(ChainFact a, ChainFact b) =>
        a.Kind == ChainKind.From && b.Kind == ChainKind.From ? Merge([a, b])
        : a.Kind == ChainKind.From ? a
        : b.Kind == ChainKind.From ? b
        : a.Kind == ChainKind.Cut ? a : b;

    /// <summary>A first part with as many predecessors as are named leaves no place for others.</summary>
    private static ChainFact Merge(IReadOnlyList<ChainFact> parts) => new(ChainKind.From,
        parts[0].Predecessors.Count == MaxPredecessors ? parts[0].Predecessors : Distinct(parts.SelectMany(part => part.Predecessors)));

    /// <summary>One path a norm, and of many norms the first.</summary>
    private static IReadOnlyList<Predecessor> Distinct(IEnumerable<Predecessor> predecessors)
    {
        var all = new List<Predecessor>();
        foreach (var predecessor in predecessors)
        {
            if (all.Count == MaxPredecessors)
                break;
            if (!Holds(all, predecessor.Norm))
                all.Add(predecessor);
        }
        return all;
    }

    private static bool Holds(List<Predecessor> predecessors, string norm)
    {
        foreach (var predecessor in predecessors)
            if (predecessor.Norm == norm)
                return true;
        return false;
    }

    /// <summary>The same seen from the module that contains the block: its norms get the block's path before their names.</summary>
    public ChainFact Within(string prefix, IReadOnlyList<ChainFact> inputs)
    {
        if (Kind != ChainKind.From || prefix.Length == 0 && (inputs.Count == 0 || !ComesFromInput()))
            return this;
        var all = new List<Predecessor>();
        foreach (var step in Predecessors)
        {
            if (InputIndex(step.Norm) is { } index)
                all.AddRange(inputs[index].Predecessors.Select(outer => new Predecessor(outer.Norm, Shortened(outer.Path, step.Path))));
            else
                all.Add(new Predecessor(prefix + step.Norm, step.Path));
        }
        // The block hands on the state of an input that has none here.
        if (all.Count == 0)
            return Predecessors.Select(step => inputs[InputIndex(step.Norm)!.Value])
                .FirstOrDefault(input => input.Kind == ChainKind.Cut) ?? NotBegun;
        return new ChainFact(ChainKind.From, Distinct(all));
    }

    /// <summary>Stands for the norms that feed an input of a block, until the block is placed.</summary>
    public static ChainFact FromInput(int index) => FromNorm($"{InputMark}{index}");

    /// <summary>Whether a predecessor is no norm, but an input of a block.</summary>
    public static bool IsInput(string norm) => norm.Length > 0 && norm[0] == InputMark;

    /// <summary>No label begins with it, since dots divide labels.</summary>
    private const char InputMark = '.';

    private bool ComesFromInput()
    {
        foreach (var step in Predecessors)
            if (InputIndex(step.Norm) is not null)
                return true;
        return false;
    }

    private static int? InputIndex(string norm) => IsInput(norm) ? int.Parse(norm.Substring(1)) : null;
}
