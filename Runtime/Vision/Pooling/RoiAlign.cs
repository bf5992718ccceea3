using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics;
using TorchSharp;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl.Vision;

/// <summary>
/// Pools regions of maps to one size by bilinear interpolation: torchvision's <c>roi_align</c> (He et al. 2017). Gradients flow to the
/// maps, not to the boxes, as in torchvision; there is no second derivative on a CPU.
/// </summary>
/// <remarks>
/// On a CPU one node of the autograd graph on all of torch's threads, the same to the bit in every run. On another device it is made of
/// products of matrices; the device is waited for where the sampling ratio is 0, and where regions come as [K, 5].
/// </remarks>
public static class RoiAlign
{
    /// <summary>Pools regions that are listed for each map.</summary>
    /// <param name="input">Maps, [N, C, H, W], floating point; those of 16 bits are pooled in 32.</param>
    /// <param name="boxes">
    /// For each map its regions, [K, 4]: x1, y1, x2, y2 in pixels, which may reach beyond the map: there it counts as zero.
    /// </param>
    /// <param name="outputSize">Rows and columns of what a region becomes.</param>
    /// <param name="spatialScale">Pixels of a map for one of the boxes: 1/8 for a map of stride 8.</param>
    /// <param name="samplingRatio">
    /// Places a side that each bin is the mean of; where 0 or less, as many as it has pixels of the map, rounded up.
    /// </param>
    /// <param name="aligned">
    /// Whether pixels lie at their middles, so that a box is moved by half a pixel; if not, as older networks have it, a box is also taken
    /// to be at least a pixel of the map large.
    /// </param>
    /// <returns>[sum of K, C, rows, columns]: the regions of the first map, then those of the next.</returns>
    /// <exception cref="ArgumentException">
    /// The shapes do not fit, the input is of whole numbers, or, on a CPU, a box is not finite.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">A size is less than 1, or the scale is not above 0.</exception>
    public static Tensor Apply(
        Tensor input, IReadOnlyList<Tensor> boxes, ImageSize outputSize, double spatialScale = 1, int samplingRatio = 0,
        bool aligned = false)
    {
        var settings = new RoiAlignSettings(outputSize, spatialScale, samplingRatio, aligned).Checked();
        RequireMaps(input);
        Shapes.RequireSameCount(boxes.Count, nameof(boxes), (int)input.size(0), "the input");
        foreach (var ofMap in boxes)
            Shapes.RequireBoxes(ofMap, nameof(boxes));
        using var scope = NewDisposeScope();
        var widened = Widened(input);
        var result = widened.device_type == DeviceType.CPU
            ? OnCpu(widened, WithImages(boxes), settings) : RoiAlignOperations.Apply(widened, boxes, settings);
        return result.to(input.dtype).MoveToOuterDisposeScope();
    }

    /// <summary>Pools regions that name their map.</summary>
    /// <inheritdoc cref="Apply(Tensor, IReadOnlyList{Tensor}, ImageSize, double, int, bool)"/>
    /// <param name="input">Maps, [N, C, H, W], floating point; those of 16 bits are pooled in 32.</param>
    /// <param name="rois">[K, 5]: the number of the map, and x1, y1, x2, y2 in pixels.</param>
    /// <param name="outputSize">Rows and columns of what a region becomes.</param>
    /// <param name="spatialScale">Pixels of a map for one of the boxes: 1/8 for a map of stride 8.</param>
    /// <param name="samplingRatio">
    /// Places a side that each bin is the mean of; where 0 or less, as many as it has pixels of the map, rounded up.
    /// </param>
    /// <param name="aligned">Whether pixels lie at their middles.</param>
    /// <returns>[K, C, rows, columns], in the order of the regions.</returns>
    /// <exception cref="ArgumentException">
    /// The shapes do not fit, the input is of whole numbers, a region names a map that is not there, or, on a CPU, a box is not finite.
    /// </exception>
    public static Tensor Apply(
        Tensor input, Tensor rois, ImageSize outputSize, double spatialScale = 1, int samplingRatio = 0, bool aligned = false)
    {
        var settings = new RoiAlignSettings(outputSize, spatialScale, samplingRatio, aligned).Checked();
        RequireMaps(input);
        if (rois.dim() != 2 || rois.size(1) != 5)
            throw Shapes.Wrong(rois, nameof(rois), "regions are [K, 5]: the number of the map, then x1, y1, x2, y2");
        using var scope = NewDisposeScope();
        var widened = Widened(input);
        var result = widened.device_type == DeviceType.CPU ? OnCpu(widened, rois, settings) : ByImage(widened, rois, settings);
        return result.to(input.dtype).MoveToOuterDisposeScope();
    }

    /// <summary>The form for other devices, of regions that name their map: they are ordered by map, and back.</summary>
    internal static Tensor ByImage(Tensor input, Tensor rois, RoiAlignSettings settings)
    {
        using var scope = NewDisposeScope();
        var byImage = Regions<float>.Read(rois, input.size(0), nameof(rois)).ByImage((int)input.size(0));
        var boxes = byImage.Select(regions => rois.narrow(1, 1, 4).index_select(0, Indices(regions))).ToArray();
        var places = new long[rois.size(0)];
        foreach (var (region, place) in byImage.SelectMany(regions => regions).Select((region, place) => (region, place)))
            places[region] = place;
        var pooled = RoiAlignOperations.Apply(input, boxes, settings);
        return pooled.index_select(0, tensor(places, [places.Length], ScalarType.Int64).to(rois.device)).MoveToOuterDisposeScope();

        Tensor Indices(int[] regions) =>
            tensor([.. regions.Select(region => (long)region)], [regions.Length], ScalarType.Int64).to(rois.device);
    }

    /// <summary>Boxes of each map as regions that name it.</summary>
    internal static Tensor WithImages(IReadOnlyList<Tensor> boxes)
    {
        using var scope = NewDisposeScope();
        return cat(
            [.. boxes.Select((ofMap, map) => cat([full_like(ofMap.narrow(1, 0, 1), Held(map)), ofMap], 1))], 0).MoveToOuterDisposeScope();
    }

    private static Tensor OnCpu(Tensor input, Tensor rois, RoiAlignSettings settings) => input.dtype == ScalarType.Float64
        ? OnCpu<double>(input, rois, settings) : OnCpu<float>(input, rois, settings);

    private static Tensor OnCpu<T>(Tensor input, Tensor rois, RoiAlignSettings settings)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var kernel = new RoiAlignKernel<T>(Regions<T>.Read(rois, input.size(0), "boxes"), settings, input.shape);
        Tensor result;
        using (no_grad())
            result = kernel.Forward(input);
        return GraphNode.Records(input) ? new RoiAlignNode<T>(kernel).Attach([input], [result], [], [])[0] : result;
    }

    private static void RequireMaps(Tensor input)
    {
        Shapes.RequireDimensions(input, 4, nameof(input), "[N, C, H, W]");
        Shapes.RequireFloatingPoint(input, nameof(input));
        if (input.size(0) == 0 || input.size(2) == 0 || input.size(3) == 0)
            throw Shapes.Wrong(input, nameof(input), "there is at least one map, with at least one pixel");
    }

    private static Tensor Widened(Tensor input) =>
        input.dtype is ScalarType.Float32 or ScalarType.Float64 ? input : input.to(ScalarType.Float32);
}
