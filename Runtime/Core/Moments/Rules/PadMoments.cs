using System;
using System.Collections.Generic;
using System.Linq;
using TorchSharp;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Padding with a constant: padded channels have that mean and no variance; padded positions are mixed into a channel with
/// their share of all positions.
/// </summary>
internal static class PadMoments
{
    public static Moments Of(Moments x, Shape shape, double value)
    {
        if (shape.KeptShare < 1)
        {
            var offset = x.Mean - value;
            x = new(
                value + shape.KeptShare * offset,
                shape.KeptShare * (x.Variance + (1 - shape.KeptShare) * offset.square()));
        }

        if (shape.ChannelsBefore == 0 && shape.ChannelsBehind == 0) return x;
        long[] channels = [shape.ChannelsBefore, shape.ChannelsBehind];
        return new(
            nn.functional.pad(x.Mean, channels, PaddingModes.Constant, value),
            nn.functional.pad(x.Variance, channels, PaddingModes.Constant, 0));
    }

    /// <summary>What padding does to a value's shape.</summary>
    internal readonly record struct Shape(
        long ChannelsBefore, long ChannelsBehind, double KeptShare, IReadOnlyList<long> Size)
    {
        public static Shape Of(IReadOnlyList<long> size, long[] pad)
        {
            if (pad.Length % 2 != 0 || pad.Length / 2 > size.Count + 1)
                throw new ArgumentException(
                    $"Padding has {pad.Length} numbers: two for each of at most {size.Count + 1} dimensions were " +
                    "expected.", nameof(pad));

            var padded = size.ToArray();
            long before = 0, behind = 0;
            for (var i = 0; i < pad.Length / 2; i++)
            {
                var dimension = size.Count - 1 - i;
                if (dimension < 0) (before, behind) = (pad[2 * i], pad[2 * i + 1]);
                else padded[dimension] += pad[2 * i] + pad[2 * i + 1];
            }

            return new(before, behind, Math.Min(1, (double)Windows.Count(size) / Windows.Count(padded)), padded);
        }
    }
}
