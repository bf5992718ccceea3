namespace KnDsl;

/// <summary>
/// What a dimension of an input must be: <paramref name="Factor"/> times a whole number of at least <paramref name="Least"/>, and
/// <paramref name="Rest"/> more; without a factor the rest alone. Made of a number, or by <see cref="Sizes.Any"/>,
/// <see cref="Sizes.AtLeast"/> and <see cref="Sizes.MultipleOf"/>.
/// </summary>
/// <param name="Factor">The factor, 0 where the size is the rest.</param>
/// <param name="Rest">What comes to the multiple, or the size itself.</param>
/// <param name="Least">The least number that the factor is multiplied with.</param>
public readonly record struct SizeRule(long Factor, long Rest, long Least = 1)
{
    /// <summary>The rule that a dimension has one size.</summary>
    /// <param name="size">The size.</param>
    public static implicit operator SizeRule(long size) => new(0, size);

    /// <summary>Whether a dimension is as it must be. Of all dimensions the batch alone may be empty.</summary>
    internal bool Admits(long size, bool isBatch) => Factor == 0
        ? size == Rest
        : size >= (isBatch ? 0 : 1) && (size - Rest) % Factor == 0 && (size - Rest >= Factor * Least || isBatch);

    /// <summary>What a size that is not admitted should have been: of a multiple that is too small, that there must be more.</summary>
    internal string Expected(long size) =>
        Factor > 1 && (size - Rest) % Factor == 0 ? $"at least {Factor * Least + Rest}" : ToString();

    /// <summary>The rule in words.</summary>
    public override string ToString() => (Factor, Rest) switch
    {
        (0, _) => $"{Rest}",
        (1, _) => $"at least {Least + Rest}",
        (_, 0) => $"a multiple of {Factor}",
        (_, < 0) => $"a multiple of {Factor} less {-Rest}",
        _ => $"a multiple of {Factor} plus {Rest}",
    };
}
