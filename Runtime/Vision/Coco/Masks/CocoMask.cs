using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;

namespace KnDsl.Vision;

/// <summary>
/// A mask of an image in COCO's run-length encoding: the pixels in column-major order, down the first column and then down the next, as
/// the lengths of runs that are in turn outside and inside. The first run is outside, and of length 0 where the first pixel is inside.
/// </summary>
public sealed class CocoMask : IEquatable<CocoMask>
{
    private readonly int[] counts;

    private CocoMask(int height, int width, int[] counts)
    {
        (Height, Width, this.counts) = (height, width, counts);
        (Area, Box) = Measure();
    }

    /// <summary>The height of the image in pixels.</summary>
    public int Height { get; }

    /// <summary>The width of the image in pixels.</summary>
    public int Width { get; }

    /// <summary>The lengths of the runs. None but the first is 0, so that equal masks have equal runs.</summary>
    public ReadOnlySpan<int> Counts => counts;

    /// <summary>The number of pixels inside.</summary>
    public int Area { get; }

    /// <summary>The smallest box around the pixels inside; all zeros where there are none.</summary>
    public CocoBox Box { get; }

    /// <summary>Makes a mask of the lengths of its runs.</summary>
    /// <param name="height">The height of the image in pixels.</param>
    /// <param name="width">The width of the image in pixels.</param>
    /// <param name="counts">The lengths of the runs; runs of length 0 may lie anywhere, and the runs beside them are then one.</param>
    /// <exception cref="FormatException">A length is negative, or all of them together are not the pixels of the image.</exception>
    public static CocoMask FromCounts(int height, int width, ReadOnlySpan<int> counts)
    {
        var pixels = PixelsOf(height, width);
        var runs = new RunList(counts.Length);
        var sum = 0L;
        for (var i = 0; i < counts.Length; i++)
        {
            if (counts[i] < 0)
                throw new FormatException($"counts[{i}] of the RLE is {counts[i]}, expected a length of at least 0");
            sum += counts[i];
            if (sum > pixels)
                break;
            runs.Add(i % 2 == 1, counts[i]);
        }
        if (sum == pixels)
            return new(height, width, runs.ToArray());
        var found = sum > pixels ? $"more than {pixels}" : $"{sum}";
        throw new FormatException($"the counts of the RLE add up to {found}, expected {height} x {width} = {pixels} pixels");
    }

    /// <summary>Reads COCO's compressed string.</summary>
    /// <param name="height">The height of the image in pixels.</param>
    /// <param name="width">The width of the image in pixels.</param>
    /// <param name="compressed">What <see cref="ToCompressed"/> writes.</param>
    /// <exception cref="FormatException">It is no such string, or its runs do not fit the image.</exception>
    public static CocoMask Parse(int height, int width, string compressed)
    {
        ArgumentNullException.ThrowIfNull(compressed);
        return FromCounts(height, width, CompressedCounts.Read(compressed));
    }

    /// <summary>Encodes a mask.</summary>
    /// <param name="rows">One byte for each pixel, row by row [height, width]; all but 0 is inside.</param>
    /// <param name="height">The height of the image in pixels.</param>
    /// <param name="width">The width of the image in pixels.</param>
    /// <exception cref="ArgumentException">There are not as many bytes as pixels.</exception>
    public static CocoMask Encode(ReadOnlySpan<byte> rows, int height, int width)
    {
        if (rows.Length != PixelsOf(height, width))
            throw new ArgumentException($"{rows.Length} bytes, expected {height} x {width} = {height * width} pixels", nameof(rows));
        var runs = new RunList(64);
        for (var x = 0; x < width; x++)
        {
            var start = 0;
            for (var y = 1; y < height; y++)
            {
                if ((rows[y * width + x] != 0) == (rows[start * width + x] != 0))
                    continue;
                runs.Add(rows[start * width + x] != 0, y - start);
                start = y;
            }
            runs.Add(rows[start * width + x] != 0, height - start);
        }
        return new(height, width, runs.ToArray());
    }

    /// <summary>Encodes a mask.</summary>
    /// <param name="rows">One value for each pixel, row by row [height, width]; true is inside.</param>
    /// <param name="height">The height of the image in pixels.</param>
    /// <param name="width">The width of the image in pixels.</param>
    /// <exception cref="ArgumentException">There are not as many values as pixels.</exception>
    public static CocoMask Encode(ReadOnlySpan<bool> rows, int height, int width) => Encode(MemoryMarshal.AsBytes(rows), height, width);

    /// <summary>The mask of a polygon: see <see cref="FromPolygons"/>.</summary>
    /// <param name="polygon">The corners in pixels, x before y: x1, y1, x2, y2 and so on. The last is joined to the first.</param>
    /// <param name="height">The height of the image in pixels.</param>
    /// <param name="width">The width of the image in pixels.</param>
    /// <exception cref="FormatException">
    /// There are fewer than three corners, one has no y, or one is so far away that it can be no place near an image.
    /// </exception>
    public static CocoMask FromPolygon(ReadOnlySpan<double> polygon, int height, int width)
    {
        PixelsOf(height, width);
        return new(height, width, PolygonRuns.Of(polygon, height, width));
    }

    /// <summary>
    /// The mask of all that lies in one of several polygons, by COCO's rule. The boundary is drawn on a grid five times as fine as the
    /// pixels. In each column of pixels, the places at which the boundary passes the middle of the column divide outside from inside: a
    /// pixel changes sides where its middle is not above such a place. What lies outside the image is cut off.
    /// </summary>
    /// <param name="polygons">The polygons, at least one, each with its corners in pixels: x1, y1, x2, y2 and so on.</param>
    /// <param name="height">The height of the image in pixels.</param>
    /// <param name="width">The width of the image in pixels.</param>
    /// <exception cref="FormatException">There is no polygon, or a polygon is none.</exception>
    public static CocoMask FromPolygons(IEnumerable<double[]> polygons, int height, int width)
    {
        ArgumentNullException.ThrowIfNull(polygons);
        CocoMask? all = null;
        foreach (var polygon in polygons)
        {
            var mask = FromPolygon(polygon, height, width);
            all = all is null ? mask : Union(all, mask);
        }
        return all ?? throw new FormatException("there is no polygon, expected at least one");
    }

    /// <summary>The mask of a box: the one of the polygon of its four corners.</summary>
    /// <param name="box">The box.</param>
    /// <param name="height">The height of the image in pixels.</param>
    /// <param name="width">The width of the image in pixels.</param>
    /// <exception cref="FormatException">The box is so far away that it can be no place near an image.</exception>
    public static CocoMask FromBox(CocoBox box, int height, int width) =>
        FromPolygon([box.X, box.Y, box.X, box.Bottom, box.Right, box.Bottom, box.Right, box.Y], height, width);

    /// <summary>What lies in one mask or in the other.</summary>
    /// <param name="first">A mask.</param>
    /// <param name="second">Another mask of the same size.</param>
    /// <exception cref="ArgumentException">The masks differ in size.</exception>
    public static CocoMask Union(CocoMask first, CocoMask second) => Merge(first, second, isUnion: true);

    /// <summary>What lies in both masks.</summary>
    /// <param name="first">A mask.</param>
    /// <param name="second">Another mask of the same size.</param>
    /// <exception cref="ArgumentException">The masks differ in size.</exception>
    public static CocoMask Intersection(CocoMask first, CocoMask second) => Merge(first, second, isUnion: false);

    /// <summary>
    /// How much of two masks is common: the pixels of the intersection over those of the union, or over those of the detection where the
    /// annotated mask is a crowd.
    /// </summary>
    /// <param name="detection">The mask that was found.</param>
    /// <param name="truth">The annotated mask.</param>
    /// <param name="truthIsCrowd">Whether the annotated mask is a crowd.</param>
    /// <returns>From 0 to 1; 0 where the masks have no pixel in common.</returns>
    /// <exception cref="ArgumentException">The masks differ in size.</exception>
    public static double IoU(CocoMask detection, CocoMask truth, bool truthIsCrowd = false)
    {
        CheckSameSize(detection, truth);
        if (CocoBox.IoU(detection.Box, truth.Box) == 0)
            return 0;
        var common = 0;
        for (var walk = new RunWalk(detection.counts, truth.counts); walk.Next();)
            common += walk.IsFirst && walk.IsSecond ? walk.Length : 0;
        return common / (double)(truthIsCrowd ? detection.Area : detection.Area + truth.Area - common);
    }

    /// <summary>COCO's compressed string, as in its json.</summary>
    public string ToCompressed() => CompressedCounts.Write(counts);

    /// <summary>Writes 1 for each pixel inside and 0 for each outside.</summary>
    /// <param name="rows">One byte for each pixel, row by row [height, width].</param>
    /// <exception cref="ArgumentException">There are not as many bytes as pixels.</exception>
    public void Decode(Span<byte> rows)
    {
        if (rows.Length != Height * Width)
            throw new ArgumentException($"{rows.Length} bytes, expected {Height} x {Width} = {Height * Width} pixels", nameof(rows));
        rows.Clear();
        var (x, y) = (0, 0);
        for (var i = 0; i < counts.Length; i++)
        {
            for (var left = counts[i]; left > 0;)
            {
                var part = Math.Min(left, Height - y);
                if (i % 2 == 1)
                {
                    for (var row = y; row < y + part; row++)
                        rows[row * Width + x] = 1;
                }
                left -= part;
                y += part;
                if (y == Height)
                    (x, y) = (x + 1, 0);
            }
        }
    }

    /// <summary>One byte for each pixel, row by row [height, width]: 1 inside and 0 outside.</summary>
    public byte[] Decode()
    {
        var rows = new byte[Height * Width];
        Decode(rows);
        return rows;
    }

    /// <summary>Whether two masks have the same size and the same pixels.</summary>
    /// <param name="other">Another mask.</param>
    public bool Equals(CocoMask? other) =>
        other is not null && (Height, Width) == (other.Height, other.Width) && counts.AsSpan().SequenceEqual(other.counts);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as CocoMask);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Height, Width, counts.Length, Area, Box);

    /// <summary>Size and area in words.</summary>
    public override string ToString() => $"{Height} x {Width} pixels, {Area} inside";

    private static CocoMask Merge(CocoMask first, CocoMask second, bool isUnion)
    {
        CheckSameSize(first, second);
        var runs = new RunList(first.counts.Length + second.counts.Length);
        for (var walk = new RunWalk(first.counts, second.counts); walk.Next();)
            runs.Add(isUnion ? walk.IsFirst || walk.IsSecond : walk.IsFirst && walk.IsSecond, walk.Length);
        return new(first.Height, first.Width, runs.ToArray());
    }

    private static void CheckSameSize(CocoMask first, CocoMask second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        if ((first.Height, first.Width) != (second.Height, second.Width))
        {
            throw new ArgumentException(
                $"masks of {first.Height} x {first.Width} and of {second.Height} x {second.Width} pixels are not of one image");
        }
    }

    private static int PixelsOf(int height, int width)
    {
        if (height < 1 || width < 1 || (long)height * width > int.MaxValue)
            throw new FormatException($"a mask of {height} x {width} pixels, expected at least one and at most {int.MaxValue}");
        return height * width;
    }

    private (int Area, CocoBox Box) Measure()
    {
        var area = 0;
        var (left, top, right, bottom) = (Width, Height, -1, -1);
        var place = counts[0];
        for (var i = 1; i < counts.Length; i++)
        {
            var end = place + counts[i];
            if (i % 2 == 1)
            {
                area += counts[i];
                left = Math.Min(left, place / Height);
                right = (end - 1) / Height;
                // A run that goes on in the next column reaches from the last row to the first.
                var isInOneColumn = place / Height == right;
                top = Math.Min(top, isInOneColumn ? place % Height : 0);
                bottom = Math.Max(bottom, isInOneColumn ? (end - 1) % Height : Height - 1);
            }
            place = end;
        }
        return area == 0 ? default : (area, new(left, top, right - left + 1, bottom - top + 1));
    }
}
