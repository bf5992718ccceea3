using System.Collections.Generic;
using KnDsl.Language.Text;
using KnDsl.Language.Values;

namespace KnDsl.Language.Plan;

/// <summary>A size that a block sets and its user does not know: one of channels is a property of the block.</summary>
/// <param name="Size">The size as the block's own plan has it.</param>
/// <param name="Use">The block with its arguments and inputs there.</param>
/// <param name="Undecided">What in the block leaves the size open, where that is known.</param>
internal sealed record BlockSize(Member Member, Symbol Size, BlockUse Use, Place? Undecided) : SymbolOrigin
{
    public override Place? SetAt => Undecided;

    /// <summary>The name of the property that a block has for it, where it is one of channels.</summary>
    public string Property => Size.Name;

    public override IEnumerable<Symbol>? Leaves() => null;

    public override Value? Substitute(Substitution substitution) =>
        Use.Substitute(substitution) is { } use ? new SizesOfUse(use).Of(Size) : null;
}
