using System;
using System.Collections.Generic;

namespace KnDsl.Vision;

/// <summary>
/// Polygons to runs by COCO's rule. Corners are rounded to a grid five times as fine as the pixels. An edge takes one step on the grid
/// after the other along its longer side, and the other coordinate is rounded. The middle of a column of pixels lies between two steps of
/// the grid; where an edge passes it, the upper one of the two points says from which row on pixels are on the other side. Every edge
/// gives these places for itself, as a closed line passes each middle an even number of times.
/// </summary>
internal static class PolygonRuns
{
    /// <summary>Points of the grid to a pixel, and the last of them before its middle.</summary>
    private const int Scale = 5, BeforeMiddle = 2;

    private const int FewestCorners = 3;

    /// <summary>Farther than this no image reaches: the sizes that libraries read end before it.</summary>
    private const double Farthest = 100_000;

    /// <summary>The lengths of the runs, the first outside.</summary>
    /// <param name="polygon">The corners: x1, y1, x2, y2 and so on.</param>
    /// <param name="height">The height of the image in pixels.</param>
    /// <param name="width">The width of the image in pixels.</param>
    /// <exception cref="FormatException">The corners make no polygon.</exception>
    public static int[] Of(ReadOnlySpan<double> polygon, int height, int width)
    {
        if (Problem(polygon) is { } problem)
            throw new FormatException(problem);
        var changes = new List<int>();
        var from = PointOf(polygon[^2..]);
        for (var i = 0; i < polygon.Length; i += 2)
        {
            var to = PointOf(polygon[i..]);
            AddChanges(from, to, height, width, changes);
            from = to;
        }
        changes.Sort();

        var runs = new RunList(changes.Count + 1);
        var place = 0;
        for (var i = 0; i < changes.Count; i++)
        {
            runs.Add(i % 2 == 1, changes[i] - place);
            place = changes[i];
        }
        runs.Add(false, height * width - place);
        return runs.ToArray();
    }

    /// <summary>Why numbers are the corners of no polygon; null where they are.</summary>
    /// <param name="polygon">The corners: x1, y1, x2, y2 and so on.</param>
    public static string? Problem(ReadOnlySpan<double> polygon)
    {
        if (polygon.Length % 2 == 1)
            return $"a polygon has {polygon.Length} numbers, expected two for each corner";
        if (polygon.Length < 2 * FewestCorners)
            return $"a polygon has {Corners(polygon.Length / 2)}, expected at least {FewestCorners}";
        foreach (var number in polygon)
        {
            if (!(Math.Abs(number) <= Farthest))
                return FormattableString.Invariant($"a polygon has a corner at {number}, expected at most {Farthest:0} pixels");
        }
        return null;
    }

    private static string Corners(int count) => count == 1 ? "1 corner" : $"{count} corners";

    /// <summary>The point of the grid that is nearest to a corner.</summary>
    private static (int X, int Y) PointOf(ReadOnlySpan<double> corner) => ((int)(Scale * corner[0] + 0.5), (int)(Scale * corner[1] + 0.5));

    /// <summary>Adds the places in column-major order from which on an edge changes sides.</summary>
    private static void AddChanges((int X, int Y) from, (int X, int Y) to, int height, int width, List<int> changes)
    {
        var (dx, dy) = (Math.Abs(to.X - from.X), Math.Abs(to.Y - from.Y));
        var isFlat = dx >= dy;
        // Both directions of an edge are the same points: from left to right, or from above.
        var (start, end) = (isFlat ? from.X > to.X : from.Y > to.Y) ? (to, from) : (from, to);
        if (isFlat)
        {
            // Parentheses as in the rule: a quotient of 64 bits, times a whole number, decides where a rounding is a tie.
            var slope = (end.Y - start.Y) / (double)dx;
            var first = Math.Max(0, CeilingOfQuotient(start.X - BeforeMiddle));
            for (var column = first; column < width && Scale * column + BeforeMiddle < end.X; column++)
            {
                var step = Scale * column + BeforeMiddle - start.X;
                var upper = Math.Min((int)(start.Y + slope * step + 0.5), (int)(start.Y + slope * (step + 1) + 0.5));
                changes.Add(PlaceOf(column, upper, height));
            }
            return;
        }
        var lean = (end.X - start.X) / (double)dy;
        var previous = (int)(start.X + 0.5);
        for (var step = 1; step <= dy; step++)
        {
            var x = (int)(start.X + lean * step + 0.5);
            var left = Math.Min(x, previous);
            if (x != previous && left >= 0 && left % Scale == BeforeMiddle && left / Scale < width)
                changes.Add(PlaceOf(left / Scale, start.Y + step - 1, height));
            previous = x;
        }
    }

    /// <summary>The first pixel of a column whose middle is not above a point of the grid.</summary>
    private static int PlaceOf(int column, int y, int height) =>
        column * height + Math.Clamp(CeilingOfQuotient(y - BeforeMiddle), 0, height);

    /// <summary>A number of points in pixels, rounded up.</summary>
    private static int CeilingOfQuotient(int points) => points > 0 ? (points + Scale - 1) / Scale : points / Scale;
}
