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

    /// <summary>How much may still be computed for it.</summary>
    public Effort Effort { get; init; } = new();

    /// <summary>What the symbol stands for: itself, or what it is computed from.</summary>
    public Value? Find(Symbol symbol) => find(symbol) ?? symbol.Origin?.Substitute(this);
}

/// <summary>What is computed for one result at most: loops of blocks in loops of blocks would multiply.</summary>
internal sealed class Effort
{
    private int _left = 20_000;

    /// <summary>Whether one step more is allowed.</summary>
    public bool Spend() => _left-- > 0;
}
