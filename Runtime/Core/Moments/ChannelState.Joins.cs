using System;
using System.Collections.Generic;
using System.Linq;

namespace KnDsl;

// Operations on several values, which count as independent of each other, a value and itself too. Where one of the states is
// unknown so is the result: a cut chain. States of other divisions of the batch are mixed first.
public abstract partial class ChannelState
{
    /// <summary>The state of a sum; null where one of the states is unknown.</summary>
    /// <param name="left">State of one term.</param>
    /// <param name="right">State of the other.</param>
    public static ChannelState? Add(ChannelState? left, ChannelState? right)
    {
        if (left is null || right is null) return null;
        var (x, y) = SameRows(left.JoinMoments(), right.JoinMoments());
        return left.Join(SumMoments.Of(x, y), BroadcastSize(left.Size, right.Size));
    }

    /// <summary>The state of a difference; null where one of the states is unknown.</summary>
    /// <param name="left">State of what is subtracted from.</param>
    /// <param name="right">State of what is subtracted.</param>
    public static ChannelState? Subtract(ChannelState? left, ChannelState? right)
    {
        if (left is null || right is null) return null;
        var (x, y) = SameRows(left.JoinMoments(), right.JoinMoments());
        return left.Join(SumMoments.OfDifference(x, y), BroadcastSize(left.Size, right.Size));
    }

    /// <summary>The state of an elementwise product; null where one of the states is unknown.</summary>
    /// <param name="left">State of one factor.</param>
    /// <param name="right">State of the other.</param>
    public static ChannelState? Multiply(ChannelState? left, ChannelState? right)
    {
        if (left is null || right is null) return null;
        var (x, y) = SameRows(left.Moments(), right.Moments());
        return left.Join(ProductMoments.Of(x, y), BroadcastSize(left.Size, right.Size));
    }

    /// <summary>The state of a matrix product over the last two dimensions; null where one of the states is unknown.</summary>
    /// <param name="left">State of the first factor, [N, ..., A, B].</param>
    /// <param name="right">State of the second, [N, ..., B, C], of the same rank.</param>
    /// <exception cref="ArgumentException">The ranks differ, or are below 3.</exception>
    public static ChannelState? MatMul(ChannelState? left, ChannelState? right)
    {
        if (left is null || right is null) return null;
        var size = MatMulMoments.Size(left.Size, right.Size);
        var (x, y) = SameRows(left.Moments(), right.Moments());
        return left.Join(
            size.Count == 1 ? MatMulMoments.OverChannels(x, y) : MatMulMoments.OverPositions(x, y, left.Size[^1]), size);
    }

    /// <summary>The state of values concatenated along the channels; null where one of the states is unknown.</summary>
    /// <param name="states">The states of the values in order.</param>
    public static ChannelState? Concat(params ChannelState?[] states) => Concat(1, states);

    /// <summary>The state of values concatenated along a dimension; null where one of the states is unknown.</summary>
    /// <param name="dim">Dimension of the values, at least 1; 1 is the channels.</param>
    /// <param name="states">The states of the values in order.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such dimension behind the batch.</exception>
    public static ChannelState? Concat(long dim, params ChannelState?[] states)
    {
        if (states.Length == 0 || states.Any(state => state is null)) return null;
        var first = states[0]!;
        var dimension = first.Dimension(dim);
        var parts = SameRows([.. states.Select(state => state!.Moments())]);
        if (dimension == 1) return first.Join(ConcatMoments.Of(parts), first.Size);

        var lengths = states.Select(state => state!.Size[dimension - 2]).ToArray();
        var size = first.Size.ToArray();
        size[dimension - 2] = lengths.Sum();
        return first.Join(ConcatMoments.OfPositions(parts, [.. lengths.Select(length => (double)length / lengths.Sum())]), size);
    }

    private static (Moments, Moments) SameRows(Moments x, Moments y) =>
        x.Rows == y.Rows || x.Rows == 1 || y.Rows == 1 ? (x, y) : (x.ForRows(1), y.ForRows(1));

    private static Moments[] SameRows(Moments[] parts)
    {
        var most = parts.Max(part => part.Rows);
        return parts.All(part => part.Rows == 1 || part.Rows == most) ? parts : [.. parts.Select(part => part.ForRows(1))];
    }

    private static IReadOnlyList<long> BroadcastSize(IReadOnlyList<long> left, IReadOnlyList<long> right) =>
        left.Count != right.Count
            ? (left.Count > right.Count ? left : right)
            : [.. left.Zip(right, Math.Max)];
}
