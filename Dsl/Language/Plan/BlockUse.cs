using System.Collections.Generic;
using KnDsl.Language.Syntax;
using KnDsl.Language.Values;

namespace KnDsl.Language.Plan;

/// <summary>A block with its arguments where it is used.</summary>
internal sealed record BlockUse(ModuleModel Generic, IReadOnlyDictionary<string, Value> Arguments, IReadOnlyList<Shape> Inputs,
    PolicyValue Policy)
{
    public ModuleDeclaration Declaration => Generic.Declaration;

    /// <summary>The arguments that are given, not taken from the defaults.</summary>
    public IReadOnlyCollection<string> Given { get; init; } = [];

    /// <summary>The block's own plan for these arguments, where it was checked for them.</summary>
    public ModuleModel? Instance { get; init; }
}

/// <summary>A block's arguments: all of them, and the names of those that are given, not taken from the defaults.</summary>
internal sealed record BlockArguments(IReadOnlyDictionary<string, Value> All, IReadOnlyCollection<string> Given);
