using System;
using System.Collections.Generic;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl.Vision;

/// <summary>
/// roi_align made of tensor operations, for any device. Bilinear weights are products of those of rows and columns: a bin's are a row
/// of a matrix for each axis, and pooling is two products with them. Differentiable as they are.
/// </summary>
internal static class RoiAlignOperations
{
    /// <summary>Values of what lies between the two products; regions are pooled in parts of no more.</summary>
    private const long MostValues = 1 << 26;

    /// <summary>Pools regions of each map of a batch.</summary>
    /// <param name="input">[N, C, H, W].</param>
    /// <param name="boxes">[K, 4] for each map.</param>
    /// <param name="settings">How.</param>
    /// <returns>[sum of K, C, rows, columns].</returns>
    public static Tensor Apply(Tensor input, IReadOnlyList<Tensor> boxes, RoiAlignSettings settings)
    {
        using var scope = NewDisposeScope();
        var (rows, columns) = (settings.OutputSize.Height, settings.OutputSize.Width);
        var (channels, height, width) = (input.size(1), input.size(2), input.size(3));
        var part = Math.Max(1, MostValues / (rows * channels * width));
        // Something of each type and device even where there is no region, with a gradient of zero.
        var results = new List<Tensor> { Sum(input.new_zeros([0, channels, rows, columns]), Held(0) * input.sum()) };
        for (var image = 0; image < boxes.Count; image++)
        {
            var (down, across) = Matrices(boxes[image], input, settings, null);
            var lines = input[image].permute(1, 0, 2).reshape(height, channels * width);
            for (long first = 0; first < boxes[image].size(0); first += part)
            {
                var count = Math.Min(part, boxes[image].size(0) - first);
                var pooledRows = down.narrow(0, first, count).reshape(count * rows, height).matmul(lines)
                    .view(count, rows * channels, width);
                results.Add(pooledRows.bmm(across.narrow(0, first, count).transpose(1, 2))
                    .view(count, rows, channels, columns).permute(0, 2, 1, 3));
            }
        }
        return cat(results, 0).MoveToOuterDisposeScope();
    }

    /// <summary>Pools regions of maps of one channel, and waits for no device.</summary>
    /// <param name="maps">[N, H, W].</param>
    /// <param name="ofBoxes">[K]: the map that each region lies in.</param>
    /// <param name="boxes">[K, 4], each within the map.</param>
    /// <param name="settings">How.</param>
    /// <returns>[K, rows, columns].</returns>
    public static Tensor OfOneChannel(Tensor maps, Tensor ofBoxes, Tensor boxes, RoiAlignSettings settings)
    {
        using var scope = NewDisposeScope();
        // The longest box is as long as the map.
        var most = Math.Max(maps.size(1) / (double)settings.OutputSize.Height, maps.size(2) / (double)settings.OutputSize.Width);
        var (down, across) = Matrices(boxes, maps.unsqueeze(1), settings, (long)Math.Ceiling(most) + 1);
        var part = Math.Max(1, MostValues / (maps.size(1) * maps.size(2)));
        var results = new List<Tensor> { maps.new_zeros([0, settings.OutputSize.Height, settings.OutputSize.Width]) };
        for (long first = 0; first < boxes.size(0); first += part)
        {
            var count = Math.Min(part, boxes.size(0) - first);
            var ofPart = maps.index_select(0, ofBoxes.narrow(0, first, count));
            results.Add(down.narrow(0, first, count).bmm(ofPart).bmm(across.narrow(0, first, count).transpose(1, 2)));
        }
        return cat(results, 0).MoveToOuterDisposeScope();
    }

    /// <summary>The weights of rows, [K, rows, H], and of columns, [K, columns, W]; they have no gradient.</summary>
    private static (Tensor Down, Tensor Across) Matrices(Tensor boxes, Tensor input, RoiAlignSettings settings, long? mostPoints)
    {
        using var noGrad = no_grad();
        var offset = settings.Aligned ? 0.5 : 0;
        var sides = (boxes.detach().to(input.dtype) * Held(settings.SpatialScale) - Held(offset)).unbind(1);
        return (
            Matrix(sides[1], sides[3] - sides[1], settings.OutputSize.Height, input.size(2), settings, mostPoints),
            Matrix(sides[0], sides[2] - sides[0], settings.OutputSize.Width, input.size(3), settings, mostPoints));
    }

    private static Tensor Matrix(Tensor from, Tensor size, int bins, long length, RoiAlignSettings settings, long? mostPoints)
    {
        using var scope = NewDisposeScope();
        var bin = (settings.Aligned ? size : size.clamp_min(Held(1))) / Held(bins);
        var points = settings.SamplingRatio > 0 ? full_like(bin, Held(settings.SamplingRatio)) : bin.ceil();
        var step = (bin / points.clamp_min(Held(1))).unsqueeze(1);
        var starts = Sum(from.unsqueeze(1), Range(bins, from.dtype, from.device) * bin.unsqueeze(1));
        // Points before the map count, but weigh nothing: a box that is far larger has far too many of them.
        var first = (Sum(-starts, -1) / step - Held(2)).floor().clamp_min(Held(0)).masked_fill(step.gt(Held(0)).bitwise_not(), Held(0));
        var pixels = Range(length, from.dtype, from.device);
        var most = settings.SamplingRatio > 0 ? settings.SamplingRatio : mostPoints ?? MostPoints(points, length);
        var sum = zeros([from.size(0), bins, length], from.dtype, from.device);
        for (var number = 0; number < most; number++)
        {
            var point = Sum(first, number);
            var at = Sum(starts, Sum(point, 0.5) * step);
            var counts = point.lt(points.unsqueeze(1)).bitwise_and(at.ge(Held(-1))).bitwise_and(at.le(Held(length))).unsqueeze(2);
            var distance = (at.clamp(Held(0), Held(length - 1)).unsqueeze(2) - pixels).abs();
            sum.add_(Sum(-distance, 1).clamp_min(Held(0)) * counts, One);
        }
        return (sum / points.clamp_min(Held(1)).view(-1, 1, 1)).MoveToOuterDisposeScope();
    }

    /// <summary>How many points of a bin may lie in the map: boxes decide it, and the device is waited for.</summary>
    private static long MostPoints(Tensor points, long length) =>
        // Points lie at least half a pixel apart, unless they are one.
        points.size(0) == 0 ? 0 : Math.Min(2 * length + 8, (long)points.max().to(ScalarType.Float64).item<double>());
}
