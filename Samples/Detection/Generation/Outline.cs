using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Vision;

namespace KnDsl.Samples.Detection.Generation;

/// <summary>
/// The outline of an object as COCO writes it: polygons of few corners which give the same pixels, or RLE where it has holes.
/// </summary>
internal static class Outline
{
    /// <summary>How far an outline may be from the middles of the pixels' edges; less than what reaches the middle of a pixel.</summary>
    private const double Tolerance = 0.3;

    /// <summary>Right, down, left, up.</summary>
    private static readonly (int X, int Y)[] Steps = [(1, 0), (0, 1), (-1, 0), (0, -1)];

    /// <summary>The outline of a mask.</summary>
    public static CocoSegmentation Of(CocoMask mask)
    {
        if (RingsOf(mask) is { } rings)
        {
            foreach (var polygons in new[] { rings.ConvertAll(Smooth), rings.ConvertAll(Corners) })
            {
                if (polygons.TrueForAll(polygon => polygon.Length >= 6)
                    && CocoMask.FromPolygons(polygons, mask.Height, mask.Width).Equals(mask))
                {
                    return new([.. polygons]);
                }
            }
        }
        return new(mask);
    }

    /// <summary>The edges of the pixels around each part of a mask, as the points between them; null where a part has a hole.</summary>
    private static List<(int X, int Y)[]>? RingsOf(CocoMask mask)
    {
        var pixels = mask.Decode();
        var rings = new List<(int, int)[]>();
        // The upper edges of pixels that a ring went along.
        var isPassed = new bool[pixels.Length];
        for (var place = 0; place < pixels.Length; place++)
        {
            var (x, y) = (place % mask.Width, place / mask.Width);
            if (IsIn(x, y) && !IsIn(x, y - 1) && !isPassed[place])
                rings.Add(Follow(x, y));
        }
        // Rings go around what is inside clockwise, and around holes the other way.
        return rings.TrueForAll(ring => AreaOf(ring) > 0) ? rings : null;

        bool IsIn(int x, int y) => (uint)x < (uint)mask.Width && (uint)y < (uint)mask.Height && pixels[y * mask.Width + x] != 0;

        // Along the edges with the inside on the right hand. Where two pixels meet at a corner only, it stays with its own.
        (int, int)[] Follow(int startX, int startY)
        {
            var ring = new List<(int, int)>();
            var (x, y, direction) = (startX, startY, 0);
            do
            {
                if (direction == 0)
                    isPassed[y * mask.Width + x] = true;
                ring.Add((x, y));
                (x, y) = (x + Steps[direction].X, y + Steps[direction].Y);
                direction = IsAhead(direction, toRight: true) ? IsAhead(direction, toRight: false) ? (direction + 3) % 4 : direction
                    : (direction + 1) % 4;
            }
            while ((x, y, direction) != (startX, startY, 0));
            return [.. ring];

            // The pixel before the point, on the right or the left of the way.
            bool IsAhead(int way, bool toRight)
            {
                var (dx, dy) = Steps[way];
                var (sideX, sideY) = toRight ? (-dy, dx) : (dy, -dx);
                // A pixel's upper left corner has its numbers: of the two directions those that go back come one before.
                return IsIn(x + Math.Min(0, dx + sideX), y + Math.Min(0, dy + sideY));
            }
        }
    }

    private static double AreaOf((int X, int Y)[] ring) =>
        ring.Select((point, i) => (From: point, To: ring[(i + 1) % ring.Length])).Sum(edge => (double)edge.From.X * edge.To.Y
            - (double)edge.To.X * edge.From.Y) / 2;

    /// <summary>The corners of a ring.</summary>
    private static double[] Corners((int X, int Y)[] ring)
    {
        var corners = ring.Where((point, i) =>
        {
            var (before, after) = (ring[(i + ring.Length - 1) % ring.Length], ring[(i + 1) % ring.Length]);
            return (point.X - before.X, point.Y - before.Y) != (after.X - point.X, after.Y - point.Y);
        });
        return [.. corners.SelectMany(point => new double[] { point.X, point.Y })];
    }

    /// <summary>The middles of a ring's edges, but those on a straight line within the tolerance (Douglas and Peucker).</summary>
    private static double[] Smooth((int X, int Y)[] ring)
    {
        var middles = ring.Select((point, i) =>
        {
            var next = ring[(i + 1) % ring.Length];
            return (X: (point.X + next.X) / 2.0, Y: (point.Y + next.Y) / 2.0);
        }).ToArray();
        var isKept = new bool[middles.Length + 1];
        var farthest = Enumerable.Range(1, middles.Length - 1).MaxBy(i => Square(middles[0], middles[i]));
        (isKept[0], isKept[farthest]) = (true, true);
        Keep(0, farthest);
        Keep(farthest, middles.Length);
        return [.. middles.Where((_, i) => isKept[i]).SelectMany(point => new[] { point.X, point.Y })];

        void Keep(int first, int last)
        {
            if (last - first < 2)
                return;
            var worst = Enumerable.Range(first + 1, last - first - 1).MaxBy(i => Distance(middles[i], middles[first], At(last)));
            if (Distance(middles[worst], middles[first], At(last)) <= Tolerance)
                return;
            isKept[worst] = true;
            Keep(first, worst);
            Keep(worst, last);
        }

        (double X, double Y) At(int i) => middles[i % middles.Length];
    }

    private static double Square((double X, double Y) first, (double X, double Y) second) =>
        (first.X - second.X) * (first.X - second.X) + (first.Y - second.Y) * (first.Y - second.Y);

    /// <summary>The distance of a point to a line between two others.</summary>
    private static double Distance((double X, double Y) point, (double X, double Y) from, (double X, double Y) to)
    {
        var (dx, dy) = (to.X - from.X, to.Y - from.Y);
        var length = dx * dx + dy * dy;
        var share = length > 0 ? Math.Clamp(((point.X - from.X) * dx + (point.Y - from.Y) * dy) / length, 0, 1) : 0;
        return Math.Sqrt(Square(point, (from.X + share * dx, from.Y + share * dy)));
    }
}
