using System;

namespace KnDsl.Vision;

/// <summary>Goes through the runs of two masks of one size together, in pieces in which neither changes.</summary>
/// <param name="first">The runs of a mask.</param>
/// <param name="second">The runs of another.</param>
internal ref struct RunWalk(ReadOnlySpan<int> first, ReadOnlySpan<int> second)
{
    private readonly ReadOnlySpan<int> first = first, second = second;
    private int inFirst = -1, inSecond = -1, leftOfFirst, leftOfSecond;

    /// <summary>The length of the piece.</summary>
    public int Length { get; private set; }

    /// <summary>Whether the piece is inside the first mask.</summary>
    public readonly bool IsFirst => inFirst % 2 == 1;

    /// <summary>Whether the piece is inside the second mask.</summary>
    public readonly bool IsSecond => inSecond % 2 == 1;

    /// <summary>Goes to the next piece; false after the last one.</summary>
    public bool Next()
    {
        leftOfFirst -= Length;
        leftOfSecond -= Length;
        while (leftOfFirst == 0 && inFirst < first.Length - 1)
            leftOfFirst = first[++inFirst];
        while (leftOfSecond == 0 && inSecond < second.Length - 1)
            leftOfSecond = second[++inSecond];
        Length = Math.Min(leftOfFirst, leftOfSecond);
        return Length > 0;
    }
}
