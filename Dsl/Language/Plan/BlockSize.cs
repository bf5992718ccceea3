using System.Collections.Generic;
using KnDsl.Language.Text;
using KnDsl.Language.Values;

namespace KnDsl.Language.Plan;

/// <summary>
/// A size that a block sets where it is used. One of channels is a property of the block; of any other there is a formula for its
/// user to compute, or only data tells it.
/// </summary>
/// <param name="Inner">The size as the block's own plan has it.</param>
/// <param name="Use">The block with its arguments and inputs there.</param>
internal sealed record BlockSize(Member Member, Size Inner, BlockUse Use) : SymbolOrigin
{
    /// <summary>The size in what its user knows, which conditions decide; null for a property, and where there is none.</summary>
    public Size? Formula { get; init; }

    /// <summary>What in the block decides the size.</summary>
    public Place? Setter { get; init; }

    public override Place? SetAt => Setter;

    /// <summary>The name of the property that a block has for it, where it is one of channels.</summary>
    public string Property => Inner.ToString();

    public override IEnumerable<Symbol>? Leaves() => null;

    public override Value? Substitute(Substitution substitution) =>
        substitution.Effort.Spend() && Use.Substitute(substitution) is { } use
        && new SizesOfUse(use, substitution.Effort).Of(Inner) is { } size
            ? new SizeValue(size)
            : null;
}
