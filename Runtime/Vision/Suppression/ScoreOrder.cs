using System;
using System.Numerics;

namespace KnDsl.Vision;

/// <summary>
/// The order of scores from the highest to the lowest, as torch sorts them: equal ones as they come, NaN before all others.
/// </summary>
internal static class ScoreOrder
{
    /// <summary>The places of scores in their order.</summary>
    public static int[] Of<T>(ReadOnlySpan<T> scores)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var keys = new ulong[scores.Length];
        var places = new int[scores.Length];
        for (var place = 0; place < scores.Length; place++)
        {
            keys[place] = Key(double.CreateTruncating(scores[place]));
            places[place] = place;
        }
        Array.Sort(keys, places);
        // The sort leaves equal keys in any order.
        for (var start = 0; start < keys.Length;)
        {
            var end = start + 1;
            while (end < keys.Length && keys[end] == keys[start])
                end++;
            if (end - start > 1)
                Array.Sort(places, start, end - start);
            start = end;
        }
        return places;
    }

    /// <summary>A number that is the less the higher the score is.</summary>
    private static ulong Key(double score)
    {
        if (double.IsNaN(score))
            return 0;
        // Zero has two signs and is one number.
        var bits = BitConverter.DoubleToUInt64Bits(score + 0.0);
        return ~(bits >> 63 == 0 ? bits | 1UL << 63 : ~bits);
    }
}
