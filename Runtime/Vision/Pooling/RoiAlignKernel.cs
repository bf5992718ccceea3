using System;
using System.Numerics;
using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace KnDsl.Vision;

/// <summary>
/// roi_align on a CPU. Maps and results have their channels last, so that the channels of a place are a row of memory: all of them have
/// the same weights.
/// </summary>
internal sealed unsafe class RoiAlignKernel<T>(Regions<T> regions, RoiAlignSettings settings, long[] mapShape)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int images = checked((int)mapShape[0]);
    private readonly int channels = checked((int)mapShape[1]);
    private readonly int height = checked((int)mapShape[2]);
    private readonly int width = checked((int)mapShape[3]);
    private readonly int rows = settings.OutputSize.Height;
    private readonly int columns = settings.OutputSize.Width;

    /// <summary>The values of one region.</summary>
    private long RegionSize => (long)rows * columns * channels;

    /// <summary>The values of one map.</summary>
    private long MapSize => (long)height * width * channels;

    /// <summary>Pools.</summary>
    /// <param name="input">[N, C, H, W].</param>
    /// <returns>[K, C, rows, columns], contiguous.</returns>
    public Tensor Forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var maps = input.permute(0, 2, 3, 1).contiguous();
        var result = empty([regions.Count, rows, columns, channels], input.dtype);
        var from = NativeTensor.Pointer<T>(maps);
        var to = NativeTensor.Pointer<T>(result);
        ParallelLoop.Run(regions.Count, 4 * regions.Count * RegionSize, (first, end) =>
        {
            var (down, across) = (new AxisTaps<T>(rows), new AxisTaps<T>(columns));
            for (var region = first; region < end; region++)
            {
                var share = Find(region, down, across);
                var map = from + regions.ImageOf(region) * MapSize;
                var bin = to + region * RegionSize;
                for (var row = 0; row < rows; row++)
                {
                    for (var column = 0; column < columns; column++, bin += channels)
                        Gather(map, bin, down, row, across, column, share);
                }
            }
        });
        NativeTensor.Keep(maps, result);
        return result.permute(0, 3, 1, 2).contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>The gradient of the input.</summary>
    /// <param name="gradient">That of the result, [K, C, rows, columns].</param>
    /// <returns>[N, C, H, W].</returns>
    public Tensor Backward(Tensor gradient)
    {
        using var scope = NewDisposeScope();
        var ofResult = gradient.permute(0, 2, 3, 1).contiguous();
        var ofMaps = zeros([images, height, width, channels], gradient.dtype);
        var from = NativeTensor.Pointer<T>(ofResult);
        var to = NativeTensor.Pointer<T>(ofMaps);
        // Regions overlap. Threads share neither maps nor channels, so that none waits, and sums have one order.
        var parts = Math.Clamp((get_num_threads() + images - 1) / Math.Max(images, 1), 1, Math.Max(1, channels / Vector<T>.Count));
        var size = ((channels + parts - 1) / parts + Vector<T>.Count - 1) / Vector<T>.Count * Vector<T>.Count;
        var byImage = regions.ByImage(images);
        ParallelLoop.Run(images * parts, 8 * regions.Count * RegionSize, (first, end) =>
        {
            var (down, across) = (new AxisTaps<T>(rows), new AxisTaps<T>(columns));
            for (var part = first; part < end; part++)
            {
                // Whole vectors are handed out, so that for the last parts few channels may be left, or none.
                var (image, firstChannel) = (part / parts, Math.Min(part % parts * size, channels));
                var count = Math.Min(size, channels - firstChannel);
                foreach (var region in byImage[image])
                {
                    var share = Find(region, down, across);
                    var map = to + image * MapSize + firstChannel;
                    var bin = from + region * RegionSize + firstChannel;
                    for (var row = 0; row < rows; row++)
                    {
                        for (var column = 0; column < columns; column++, bin += channels)
                            Scatter(bin, map, count, down, row, across, column, share);
                    }
                }
            }
        });
        NativeTensor.Keep(ofResult, ofMaps);
        return ofMaps.permute(0, 3, 1, 2).contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>Finds what the bins of a region read.</summary>
    /// <returns>The share of one sampling point in a bin.</returns>
    private T Find(int region, AxisTaps<T> down, AxisTaps<T> across)
    {
        var (x, y, regionWidth, regionHeight) = regions.InMap(region, settings);
        var points = T.CreateTruncating(down.Find(y, regionHeight, settings.SamplingRatio, height))
            * T.CreateTruncating(across.Find(x, regionWidth, settings.SamplingRatio, width));
        return T.One / T.Max(points, T.One);
    }

    /// <summary>bin = the weighted sum of the places of a map.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Gather(T* map, T* bin, AxisTaps<T> down, int row, AxisTaps<T> across, int column, T share)
    {
        var ys = down.Places(row);
        var xs = across.Places(column);
        var yWeights = down.Weights(row);
        var xWeights = across.Weights(column);
        var channel = 0;
        for (; channel <= channels - 4 * Vector<T>.Count; channel += 4 * Vector<T>.Count)
        {
            Vector<T> a = default, b = default, c = default, d = default;
            for (var y = 0; y < ys.Length; y++)
            {
                var line = map + (long)ys[y] * width * channels + channel;
                var ofRow = yWeights[y] * share;
                for (var x = 0; x < xs.Length; x++)
                {
                    var place = line + (long)xs[x] * channels;
                    var weight = new Vector<T>(ofRow * xWeights[x]);
                    a += weight * Vector.Load(place);
                    b += weight * Vector.Load(place + Vector<T>.Count);
                    c += weight * Vector.Load(place + 2 * Vector<T>.Count);
                    d += weight * Vector.Load(place + 3 * Vector<T>.Count);
                }
            }
            Vector.Store(a, bin + channel);
            Vector.Store(b, bin + channel + Vector<T>.Count);
            Vector.Store(c, bin + channel + 2 * Vector<T>.Count);
            Vector.Store(d, bin + channel + 3 * Vector<T>.Count);
        }
        for (; channel < channels; channel++)
        {
            var sum = T.Zero;
            for (var y = 0; y < ys.Length; y++)
            {
                var line = map + (long)ys[y] * width * channels + channel;
                var ofRow = yWeights[y] * share;
                for (var x = 0; x < xs.Length; x++)
                    sum += ofRow * xWeights[x] * line[(long)xs[x] * channels];
            }
            bin[channel] = sum;
        }
    }

    /// <summary>Adds a bin's weighted gradient to the places of a map that it read.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Scatter(T* bin, T* map, int count, AxisTaps<T> down, int row, AxisTaps<T> across, int column, T share)
    {
        var ys = down.Places(row);
        var xs = across.Places(column);
        var yWeights = down.Weights(row);
        var xWeights = across.Weights(column);
        for (var y = 0; y < ys.Length; y++)
        {
            var line = map + (long)ys[y] * width * channels;
            var ofRow = yWeights[y] * share;
            for (var x = 0; x < xs.Length; x++)
            {
                var place = line + (long)xs[x] * channels;
                var weight = ofRow * xWeights[x];
                var weights = new Vector<T>(weight);
                var channel = 0;
                for (; channel <= count - Vector<T>.Count; channel += Vector<T>.Count)
                    Vector.Store(Vector.Load(place + channel) + weights * Vector.Load(bin + channel), place + channel);
                for (; channel < count; channel++)
                    place[channel] += weight * bin[channel];
            }
        }
    }
}
