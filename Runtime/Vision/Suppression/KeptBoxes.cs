using System;
using System.Numerics;

namespace KnDsl.Vision;

/// <summary>
/// Boxes that suppress later ones, each coordinate in a row of its own so that a vector of them is compared at a time. A later box is
/// compared with those that were kept only: where many overlap, these are few.
/// </summary>
internal sealed class KeptBoxes<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Vector<T> threshold;
    private int count;

    // What lies behind the last box is zero: a box that overlaps none.
    private T[] left = new T[4 * Vector<T>.Count];
    private T[] top = new T[4 * Vector<T>.Count];
    private T[] right = new T[4 * Vector<T>.Count];
    private T[] bottom = new T[4 * Vector<T>.Count];
    private T[] areas = new T[4 * Vector<T>.Count];

    /// <param name="threshold">The intersection over union above which a box is suppressed, at least 0.</param>
    public KeptBoxes(double threshold)
    {
        // The largest value of the type that is not above the threshold: torchvision compares with the threshold of 64 bits.
        var rounded = T.CreateTruncating(threshold);
        this.threshold = new(double.CreateTruncating(rounded) > threshold ? T.BitDecrement(rounded) : rounded);
    }

    /// <summary>Keeps a box, unless one that was kept suppresses it.</summary>
    /// <returns>Whether it is kept.</returns>
    public bool Add(T x1, T y1, T x2, T y2)
    {
        var area = (x2 - x1) * (y2 - y1);
        // As in torchvision: a box that is not a number anywhere has no overlap with any, and neither suppresses nor is suppressed.
        if (T.IsNaN(area))
            return true;
        if (IsSuppressed(x1, y1, x2, y2, area))
            return false;
        if (count == left.Length)
            Grow();
        (left[count], top[count], right[count], bottom[count], areas[count]) = (x1, y1, x2, y2, area);
        count++;
        return true;
    }

    private bool IsSuppressed(T x1, T y1, T x2, T y2, T area)
    {
        var (boxLeft, boxTop, boxRight, boxBottom) = (new Vector<T>(x1), new Vector<T>(y1), new Vector<T>(x2), new Vector<T>(y2));
        var boxArea = new Vector<T>(area);
        for (var at = 0; at < count; at += Vector<T>.Count)
        {
            var across = Vector.MinNative(boxRight, Vector.LoadUnsafe(ref right[at]))
                - Vector.MaxNative(boxLeft, Vector.LoadUnsafe(ref left[at]));
            var down = Vector.MinNative(boxBottom, Vector.LoadUnsafe(ref bottom[at]))
                - Vector.MaxNative(boxTop, Vector.LoadUnsafe(ref top[at]));
            var intersection = Vector.MaxNative(across, Vector<T>.Zero) * Vector.MaxNative(down, Vector<T>.Zero);
            // Most pairs do not meet, and a division takes as long as all the rest.
            if (Vector.GreaterThanAny(intersection, Vector<T>.Zero)
                && Vector.GreaterThanAny(intersection / (Vector.LoadUnsafe(ref areas[at]) + boxArea - intersection), threshold))
            {
                return true;
            }
        }
        return false;
    }

    private void Grow()
    {
        var length = 2 * left.Length;
        Array.Resize(ref left, length);
        Array.Resize(ref top, length);
        Array.Resize(ref right, length);
        Array.Resize(ref bottom, length);
        Array.Resize(ref areas, length);
    }
}
