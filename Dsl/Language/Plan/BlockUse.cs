using System.Collections.Generic;
using System.Linq;
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

    /// <summary>The same with what symbols stand for in their stead, or null where that changes nothing.</summary>
    public BlockUse? Substitute(Substitution substitution)
    {
        var inputs = Inputs.Select(input => input.Substitute(substitution)).ToArray();
        var arguments = Arguments.ToDictionary(pair => pair.Key, pair => pair.Value.Substitute(substitution));
        return inputs.Zip(Inputs, (now, before) => now.Sizes.SequenceEqual(before.Sizes)).All(same => same)
            && arguments.All(pair => pair.Value.Key == Arguments[pair.Key].Key)
            ? null
            : this with { Inputs = inputs, Arguments = arguments };
    }
}

/// <summary>A block's arguments: all of them, and the names of those that are given, not taken from the defaults.</summary>
internal sealed record BlockArguments(IReadOnlyDictionary<string, Value> All, IReadOnlyCollection<string> Given);
