using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Text;

namespace KnDsl.Vision;

/// <summary>
/// COCO's compressed string. From the fourth run on, what is written is the difference from the run before the last one. A number is cut
/// into groups of five bits, the lowest first, until what is left is the sign alone; each group is one character, from '0' on, with a
/// sixth bit that says whether another group follows.
/// </summary>
internal static class CompressedCounts
{
    private const int Bits = 5, Group = (1 << Bits) - 1, Sign = 1 << (Bits - 1), More = 1 << Bits;

    private const char Zero = '0';

    /// <summary>No run is longer than 31 bits, and no difference than 32.</summary>
    private const int MaxGroups = 7;

    /// <summary>The differences begin with the fourth run: the first is often far from the others.</summary>
    private const int FirstDifference = 3;

    /// <summary>Writes the lengths of runs.</summary>
    public static string Write(ReadOnlySpan<int> counts)
    {
        var text = new StringBuilder(2 * counts.Length);
        for (var i = 0; i < counts.Length; i++)
        {
            var left = i >= FirstDifference ? counts[i] - counts[i - 2] : counts[i];
            bool isMore;
            do
            {
                var group = left & Group;
                left >>= Bits;
                isMore = left != ((group & Sign) != 0 ? -1 : 0);
                text.Append((char)(Zero + (isMore ? group | More : group)));
            }
            while (isMore);
        }
        return text.ToString();
    }

    /// <summary>Reads the lengths of runs.</summary>
    /// <exception cref="FormatException">The text is none that <see cref="Write"/> makes.</exception>
    public static ReadOnlySpan<int> Read(string text)
    {
        var counts = new List<int>(text.Length / 2 + 1);
        for (var place = 0; place < text.Length;)
        {
            var value = 0L;
            int bits;
            for (var groups = 0; ; groups++)
            {
                if (place == text.Length)
                    throw new FormatException($"the compressed RLE ends in the middle of a number, after {counts.Count} counts");
                if (groups == MaxGroups)
                    throw new FormatException($"counts[{counts.Count}] of the compressed RLE is longer than any run");
                bits = text[place++] - Zero;
                if (bits is < 0 or > (Group | More))
                {
                    throw new FormatException($"character {place} of the compressed RLE is '{text[place - 1]}', "
                        + $"expected one from '{Zero}' to '{(char)(Zero + (Group | More))}'");
                }
                value |= (long)(bits & Group) << (Bits * groups);
                if ((bits & More) == 0)
                {
                    value -= (bits & Sign) != 0 ? 1L << (Bits * (groups + 1)) : 0;
                    break;
                }
            }
            value += counts.Count >= FirstDifference ? counts[^2] : 0;
            if (value is < 0 or > int.MaxValue)
                throw new FormatException($"counts[{counts.Count}] of the compressed RLE is {value}, expected a length of at least 0");
            counts.Add((int)value);
        }
        return CollectionsMarshal.AsSpan(counts);
    }
}
