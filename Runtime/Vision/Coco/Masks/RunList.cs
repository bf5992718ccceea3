using System;

namespace KnDsl.Vision;

/// <summary>Collects runs: neighbours of one value become one, and runs of length 0 are left out.</summary>
/// <param name="capacity">About how many there will be.</param>
internal ref struct RunList(int capacity)
{
    private int[] counts = new int[Math.Max(capacity, 4)];
    private int last;

    /// <summary>Adds a run.</summary>
    /// <param name="isInside">Its value.</param>
    /// <param name="length">Its length, at least 0.</param>
    public void Add(bool isInside, int length)
    {
        if (length == 0)
            return;
        if (last % 2 == 1 != isInside)
            last++;
        if (last == counts.Length)
            Array.Resize(ref counts, 2 * counts.Length);
        counts[last] += length;
    }

    /// <summary>The lengths, the first outside.</summary>
    public readonly int[] ToArray() => counts[..(last + 1)];
}
