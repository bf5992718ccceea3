using System;
using System.Collections.Generic;
using System.Linq;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl.Vision;

/// <summary>
/// Anchors: boxes of given sizes and shapes around every place of feature maps, torchvision's <c>AnchorGenerator</c>. Waits for no
/// device.
/// </summary>
public sealed class AnchorGenerator
{
    private readonly double[][] cells;
    private readonly double offset;

    /// <summary>A generator.</summary>
    /// <param name="sizes">For each feature map the square roots of its anchors' areas, in pixels of the image.</param>
    /// <param name="aspectRatios">For each feature map the ratios of height to width; every size gets every ratio.</param>
    /// <param name="offset">
    /// Where in its cell the middle of an anchor lies, as a share of the stride: 0 is the upper left corner, as in torchvision, 0.5 the
    /// middle.
    /// </param>
    /// <exception cref="ArgumentException">The lists differ in length, or one is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A size or ratio is not above 0, or the offset not from 0 to 1.</exception>
    public AnchorGenerator(
        IReadOnlyList<IReadOnlyList<double>> sizes, IReadOnlyList<IReadOnlyList<double>> aspectRatios, double offset = 0)
    {
        if (sizes.Count == 0 || sizes.Count != aspectRatios.Count || sizes.Concat(aspectRatios).Any(level => level.Count == 0))
        {
            throw new ArgumentException($"There are sizes for {sizes.Count} feature maps and aspect ratios for {aspectRatios.Count}, but "
                + "every feature map has at least one of each.");
        }
        this.offset = Setting.Share(offset);
        cells = [.. sizes.Zip(aspectRatios, Cell)];
        AnchorsPerPlace = [.. cells.Select(cell => cell.Length / 4)];
    }

    /// <summary>How many anchors each place of a feature map has, for each map: a head predicts as many boxes.</summary>
    public IReadOnlyList<int> AnchorsPerPlace { get; }

    /// <summary>RetinaNet's anchors: three sizes for each of the maps from stride 8 to 128, in three shapes.</summary>
    public static AnchorGenerator RetinaNet { get; } = new(
        [.. new[] { 32, 64, 128, 256, 512 }.Select(size =>
            new double[] { size, (int)(size * Math.Pow(2, 1.0 / 3)), (int)(size * Math.Pow(2, 2.0 / 3)) })],
        [.. Enumerable.Repeat<double[]>([0.5, 1, 2], 5)]);

    /// <summary>Faster R-CNN's anchors on a feature pyramid: one size for each of the maps from stride 4 to 64, in three shapes.</summary>
    public static AnchorGenerator FasterRcnn { get; } = new(
        [[32], [64], [128], [256], [512]], [.. Enumerable.Repeat<double[]>([0.5, 1, 2], 5)]);

    /// <summary>The anchors of all feature maps of a batch. They are the same for all its images.</summary>
    /// <param name="size">The size of the images in the batch, with their padding.</param>
    /// <param name="features">The feature maps, [N, C, H, W] each. Of them only shape, type and device are read.</param>
    /// <returns>
    /// One tensor for each map, [H W A, 4] in pixels of the image: rows, columns, and the anchors of a place, which are the sizes of the
    /// first ratio, then those of the next. Strides are whole numbers of pixels, rounded down; sides are rounded to even numbers.
    /// </returns>
    /// <exception cref="ArgumentException">
    /// There are not as many maps as sizes, a map is not [N, C, H, W], or it is larger than the images.
    /// </exception>
    public IReadOnlyList<Tensor> Generate(ImageSize size, IReadOnlyList<Tensor> features)
    {
        if (features.Count != cells.Length)
        {
            throw new ArgumentException(
                $"There are {features.Count} feature maps, but the anchors are of {cells.Length}.", nameof(features));
        }
        return [.. features.Select((map, level) => OfLevel(size, map, cells[level]))];
    }

    private Tensor OfLevel(ImageSize size, Tensor map, double[] cell)
    {
        Shapes.RequireDimensions(map, 4, "a feature map", "[N, C, H, W]");
        var (rows, columns) = (map.size(2), map.size(3));
        if (rows < 1 || columns < 1 || rows > size.Height || columns > size.Width)
            throw Shapes.Wrong(map, "a feature map", $"it has at least one place, and not more rows or columns than images of {size}");
        using var scope = NewDisposeScope();
        var x = Shifts(columns, size.Width / columns);
        var y = Shifts(rows, size.Height / rows);
        var across = x.unsqueeze(0).expand(rows, columns).flatten();
        var down = y.unsqueeze(1).expand(rows, columns).flatten();
        var shifts = stack([across, down, across, down], 1).view(-1, 1, 4);
        var corners = DeviceConstants.Of(cell, map.device).to(map.dtype).view(1, -1, 4);
        return Sum(shifts, corners).view(-1, 4).MoveToOuterDisposeScope();

        Tensor Shifts(long count, long stride) => Sum(Range(count, map.dtype, map.device), offset) * Held(stride);
    }

    /// <summary>The corners of the anchors around (0, 0), computed in 32 bits as torchvision does, since they are rounded.</summary>
    private static double[] Cell(IReadOnlyList<double> sizes, IReadOnlyList<double> ratios)
    {
        var corners = new List<double>();
        foreach (var ratio in ratios)
        {
            var high = MathF.Sqrt((float)Setting.Positive(ratio, nameof(ratios)));
            foreach (var size in sizes)
            {
                var width = MathF.Round(1 / high * (float)Setting.Positive(size, nameof(sizes)) / 2);
                var height = MathF.Round(high * (float)size / 2);
                corners.AddRange([-width, -height, width, height]);
            }
        }
        return [.. corners];
    }
}
