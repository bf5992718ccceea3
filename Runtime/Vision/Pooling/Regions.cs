using System;
using System.Linq;
using System.Numerics;
using static TorchSharp.torch;

namespace KnDsl.Vision;

/// <summary>Regions of the maps of a batch, read from tensors and checked.</summary>
/// <param name="boxes">x1, y1, x2, y2 of each region, as they were given.</param>
/// <param name="images">The map that each region lies in.</param>
internal sealed class Regions<T>(T[] boxes, int[] images)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>How many there are.</summary>
    public int Count => images.Length;

    /// <summary>The map that a region lies in.</summary>
    public int ImageOf(int region) => images[region];

    /// <summary>Where a region begins in its map, and how large it is there, in pixels of the map.</summary>
    public (T X, T Y, T Width, T Height) InMap(int region, RoiAlignSettings settings)
    {
        var scale = T.CreateTruncating(settings.SpatialScale);
        var offset = settings.Aligned ? T.CreateTruncating(0.5) : T.Zero;
        var box = boxes.AsSpan(4 * region, 4);
        var (x1, y1) = (box[0] * scale - offset, box[1] * scale - offset);
        var (width, height) = (box[2] * scale - offset - x1, box[3] * scale - offset - y1);
        return settings.Aligned ? (x1, y1, width, height) : (x1, y1, T.Max(width, T.One), T.Max(height, T.One));
    }

    /// <summary>Reads regions. Where they lie on another device, it is waited for.</summary>
    /// <param name="rois">[K, 5]: the number of the map, and a box.</param>
    /// <param name="maps">How many maps there are.</param>
    /// <param name="name">What messages call the regions.</param>
    /// <exception cref="ArgumentException">A region names a map that is not there, or a coordinate is not finite.</exception>
    public static unsafe Regions<T> Read(Tensor rois, long maps, string name)
    {
        using var values = rois.detach().to(CPU).to(typeof(T) == typeof(double) ? ScalarType.Float64 : ScalarType.Float32).contiguous();
        var from = NativeTensor.Pointer<T>(values);
        var count = checked((int)rois.size(0));
        var (boxes, images) = (new T[4 * count], new int[count]);
        for (var region = 0; region < count; region++)
        {
            var row = new ReadOnlySpan<T>(from + 5 * region, 5);
            if (!(row[0] >= T.Zero && row[0] < T.CreateTruncating(maps)))
                throw new ArgumentException($"{name}[{region}] lies in map {row[0]}, but the maps are 0 to {maps - 1}.", name);
            foreach (var coordinate in row[1..])
            {
                if (!T.IsFinite(coordinate))
                    throw new ArgumentException($"{name}[{region}] is not finite: it is ({string.Join(", ", row[1..].ToArray())}).", name);
            }
            images[region] = int.CreateTruncating(row[0]);
            row[1..].CopyTo(boxes.AsSpan(4 * region));
        }
        return new(boxes, images);
    }

    /// <summary>The regions of each map.</summary>
    public int[][] ByImage(int maps)
    {
        var lists = Enumerable.Range(0, Count).ToLookup(region => images[region]);
        return [.. Enumerable.Range(0, maps).Select(map => lists[map].ToArray())];
    }
}
