using System;
using System.Collections.Generic;
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
        var results = new List<Tensor> { input.new_zeros([0, channels, rows, columns]) + 0 * input.sum() };
        for (var image = 0; image < boxes.Count; image++)
        {
            var (down, across) = Matrices(boxes[image], input, settings);
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

    /// <summary>The weights of rows, [K, rows, H], and of columns, [K, columns, W]; they have no gradient.</summary>
    private static (Tensor Down, Tensor Across) Matrices(Tensor boxes, Tensor input, RoiAlignSettings settings)
    {
        using var noGrad = no_grad();
        var offset = settings.Aligned ? 0.5 : 0;
        var sides = (boxes.detach().to(input.dtype) * settings.SpatialScale - offset).unbind(1);
        return (
            Matrix(sides[1], sides[3] - sides[1], settings.OutputSize.Height, input.size(2), settings),
            Matrix(sides[0], sides[2] - sides[0], settings.OutputSize.Width, input.size(3), settings));
    }

    private static Tensor Matrix(Tensor from, Tensor size, int bins, long length, RoiAlignSettings settings)
    {
        using var scope = NewDisposeScope();
        var bin = (settings.Aligned ? size : size.clamp_min(1)) / bins;
        var points = settings.SamplingRatio > 0 ? full_like(bin, settings.SamplingRatio) : bin.ceil();
        var step = (bin / points.clamp_min(1)).unsqueeze(1);
        var starts = from.unsqueeze(1) + arange(bins, from.dtype, from.device) * bin.unsqueeze(1);
        // Points before the map count, but weigh nothing: a box that is far larger has far too many of them.
        var first = ((-1 - starts) / step - 2).floor().clamp_min(0).masked_fill(step.gt(0).logical_not(), 0);
        var pixels = arange(length, from.dtype, from.device);
        var sum = zeros([from.size(0), bins, length], from.dtype, from.device);
        for (var number = 0; number < MostPoints(points, length, settings); number++)
        {
            var point = first + number;
            var at = starts + (point + 0.5) * step;
            var counts = point.lt(points.unsqueeze(1)).logical_and(at.ge(-1)).logical_and(at.le(length)).unsqueeze(2);
            var distance = (at.clamp(0, length - 1).unsqueeze(2) - pixels).abs();
            sum.add_((1 - distance).clamp_min(0) * counts);
        }
        return (sum / points.clamp_min(1).view(-1, 1, 1)).MoveToOuterDisposeScope();
    }

    /// <summary>How many points of a bin may lie in the map. Where boxes decide it, the device is waited for.</summary>
    private static long MostPoints(Tensor points, long length, RoiAlignSettings settings)
    {
        if (settings.SamplingRatio > 0)
            return settings.SamplingRatio;
        // Points lie at least half a pixel apart, unless they are one.
        return points.size(0) == 0 ? 0 : Math.Min(2 * length + 8, (long)points.max().to(ScalarType.Float64).item<double>());
    }
}
