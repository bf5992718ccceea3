using System;
using System.Collections.Generic;

namespace KnDsl.Language.Values;

/// <summary>
/// What symbols stand for at some place: sizes, numbers, conditions and lists are put in their stead. A symbol for which nothing
/// is known stays.
/// </summary>
/// <param name="find">What a symbol stands for, or null.</param>
internal sealed class Substitution(Func<Symbol, Value?> find)
{
    public Substitution(IReadOnlyDictionary<Symbol, Size> sizes)
        : this(symbol => sizes.TryGetValue(symbol, out var size) ? new SizeValue(size) : null)
    {
    }

    /// <summary>What the symbol stands for: itself, or what it is computed from.</summary>
    public Value? Find(Symbol symbol) => find(symbol) ?? symbol.Origin?.Substitute(this);
}
