using System;
using System.Collections.Generic;
using TorchSharp;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Padding with a constant, of spatial dimensions or channels: padded channels have that mean and no variance; padded
/// positions are mixed into a channel with their share of all positions.
/// </summary>
/// <param name="pad">PyTorch's order: begin and end of the last dimension, then of the one before, and so on.</param>
/// <param name="value">The constant.</param>
/// <remarks>
/// In the sampled transition every micro-batch is padded. The authors pad the flattened [R * C] vector, which misaligns
/// several micro-batches.
/// </remarks>
public sealed class PadRule(long[] pad, double value = 0) : MomentRule
{
    internal override Moments Pass(Moments moments, IReadOnlyList<long> from, IReadOnlyList<long> to)
    {
        var kept = Math.Min(1, (double)Windows.Count(from) / Windows.Count(to));
        if (kept < 1)
        {
            var offset = moments.Mean - Held(value);
            moments = new(Sum(Held(kept) * offset, value), Held(kept) * Sum(moments.Variance, Held(1 - kept) * Square(offset)));
        }

        // The numbers after those of the spatial dimensions are the channels'.
        var channels = pad.AsSpan(Math.Min(2 * from.Count, pad.Length)).ToArray();
        if (channels is not [var before, var after] || (before == 0 && after == 0))
            return moments;
        return new(
            nn.functional.pad(moments.Mean, channels, PaddingModes.Constant, value),
            nn.functional.pad(moments.Variance, channels, PaddingModes.Constant, 0));
    }
}
