using System;
using System.Numerics;

namespace KnDsl.Vision;

/// <summary>
/// Along one axis of a map: the places that each bin of a region reads, and their weights. The bilinear weight of a place is the product
/// of those of its row and its column, and so is that of all of a bin's sampling points together: there are far fewer places than
/// four for each point.
/// </summary>
internal sealed class AxisTaps<T>(int bins)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int[] starts = new int[bins + 1];
    private int[] places = new int[64];
    private T[] weights = new T[64];
    private int count;
    private int firstOfBin;

    /// <summary>Places that a bin reads.</summary>
    public ReadOnlySpan<int> Places(int bin) => places.AsSpan(starts[bin], starts[bin + 1] - starts[bin]);

    /// <summary>Their weights, which add up to the number of sampling points that lie in the map.</summary>
    public ReadOnlySpan<T> Weights(int bin) => weights.AsSpan(starts[bin], starts[bin + 1] - starts[bin]);

    /// <summary>Finds the places, in torchvision's arithmetic.</summary>
    /// <param name="from">Where the region begins, in pixels of the map.</param>
    /// <param name="size">How long it is.</param>
    /// <param name="samplingRatio">Sampling points of a bin, or 0 or less.</param>
    /// <param name="length">Pixels of the map along the axis.</param>
    /// <returns>Sampling points of a bin.</returns>
    public int Find(T from, T size, int samplingRatio, int length)
    {
        var bin = size / T.CreateTruncating(bins);
        var points = samplingRatio > 0 ? samplingRatio : int.CreateSaturating(T.Ceiling(bin));
        count = 0;
        for (var number = 0; number < bins; number++)
        {
            starts[number] = firstOfBin = count;
            var start = from + T.CreateTruncating(number) * bin;
            var (first, end) = Inside(double.CreateTruncating(start), double.CreateTruncating(bin), points, length);
            for (var point = first; point < end; point++)
                Add(start + T.CreateTruncating(point + 0.5f) * bin / T.CreateTruncating(points), length);
        }
        starts[bins] = count;
        return points;
    }

    /// <summary>The points that may lie in the map: a box that is far larger has far more.</summary>
    private static (int First, int End) Inside(double start, double bin, int points, int length)
    {
        var step = bin / points;
        if (!(step > 0))
            return (0, points);
        return (
            (int)Math.Clamp((-1 - start) / step - 2, 0, Math.Max(points, 0)),
            (int)Math.Clamp((length - start) / step + 2, 0, Math.Max(points, 0)));
    }

    private void Add(T at, int length)
    {
        if (!(at >= -T.One && at <= T.CreateTruncating(length)))
            return;
        at = T.Max(at, T.Zero);
        var low = int.CreateTruncating(at);
        if (low >= length - 1)
        {
            Add(length - 1, T.One);
            return;
        }
        var share = at - T.CreateTruncating(low);
        Add(low, T.One - share);
        Add(low + 1, share);
    }

    private void Add(int place, T weight)
    {
        // Points follow each other along the axis, so that the places of one are those of the one before, or new.
        for (var other = count - 1; other >= Math.Max(count - 2, firstOfBin); other--)
        {
            if (places[other] == place)
            {
                weights[other] += weight;
                return;
            }
        }
        if (count == places.Length)
        {
            Array.Resize(ref places, 2 * count);
            Array.Resize(ref weights, 2 * count);
        }
        (places[count], weights[count]) = (place, weight);
        count++;
    }
}
