using System;
using System.Collections.Generic;
using System.Linq;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl.Vision;

/// <summary>
/// Pools regions of images from the levels of a feature pyramid, each from that of its size: torchvision's <c>MultiScaleRoIAlign</c>.
/// A device is waited for, since how many regions a level has is known only when their sizes are.
/// </summary>
/// <param name="outputSize">Rows and columns of what a region becomes: 7 for boxes, 14 for masks.</param>
/// <param name="samplingRatio">Places a side that each bin is the mean of, 2 in torchvision's networks.</param>
/// <param name="canonicalScale">Regions of this side, in pixels, belong to the canonical level.</param>
/// <param name="canonicalLevel">The canonical level, of which 4 has the stride 16.</param>
public sealed class MultiScaleRoiAlign(ImageSize outputSize, int samplingRatio = 2, double canonicalScale = 224, int canonicalLevel = 4)
{
    /// <summary>Pools regions.</summary>
    /// <param name="features">The levels, finest first, [N, C, H, W] each.</param>
    /// <param name="boxes">For each image its regions, [K, 4], in pixels of the image.</param>
    /// <param name="imageSizes">The sizes of the images before they were padded to one size; the scale of a level is found by them.</param>
    /// <returns>[sum of K, C, rows, columns]: the regions of the first image, then those of the next.</returns>
    /// <exception cref="ArgumentException">
    /// There is no level or image, the shapes do not fit, or the levels are not in their order or one between them is missing.
    /// </exception>
    public Tensor Apply(IReadOnlyList<Tensor> features, IReadOnlyList<Tensor> boxes, IReadOnlyList<ImageSize> imageSizes)
    {
        if (features.Count == 0)
            throw new ArgumentException("There is no level.", nameof(features));
        if (boxes.Count == 0)
            throw new ArgumentException("There is no image.", nameof(boxes));
        Shapes.RequireSameCount(imageSizes.Count, nameof(imageSizes), boxes.Count, nameof(boxes));
        foreach (var ofImage in boxes)
            Shapes.RequireBoxes(ofImage, nameof(boxes));
        using var scope = NewDisposeScope();
        var scales = features.Select(level => ScaleOf(level, imageSizes)).ToArray();
        RequireOrder(features, scales);
        if (features.Count == 1)
            return RoiAlign.Apply(features[0], boxes, outputSize, scales[0], samplingRatio).MoveToOuterDisposeScope();

        var mapper = new LevelMapper((int)-Math.Log2(scales[0]), (int)-Math.Log2(scales[^1]), canonicalScale, canonicalLevel);
        var rois = RoiAlign.WithImages(boxes);
        var levels = mapper.Map(boxes).to(CPU);
        var pooled = new List<Tensor>();
        var order = new List<Tensor>();
        for (var level = 0; level < features.Count; level++)
        {
            var regions = levels.eq(Held(level)).nonzero().flatten();
            order.Add(regions);
            pooled.Add(RoiAlign.Apply(
                features[level], rois.index_select(0, regions.to(rois.device)), outputSize, scales[level], samplingRatio));
        }
        var places = cat(order, 0).argsort();
        return cat(pooled, 0).index_select(0, places.to(rois.device)).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Demands levels from the finest to the coarsest, and as many as there are from the first scale to the last: regions of one that is
    /// missing would have none to be pooled from. Of tiny images two levels may have one scale, which leaves the last ones unused.
    /// </summary>
    private static void RequireOrder(IReadOnlyList<Tensor> features, double[] scales)
    {
        for (var level = 1; level < features.Count; level++)
        {
            if (scales[level] > scales[level - 1])
            {
                throw Shapes.Wrong(features[level], $"features[{level}]",
                    $"levels go from the finest to the coarsest, and features[{level - 1}] has {features[level - 1].size(2)} rows");
            }
        }
        if (Math.Log2(scales[0] / scales[^1]) >= features.Count)
        {
            throw new ArgumentException(
                $"The strides of the levels are {string.Join(", ", scales.Select(scale => Setting.Spell(1 / scale)))}, but each is twice "
                + "that of the level before.", nameof(features));
        }
    }

    /// <summary>The power of two that is nearest to a level's share of the largest image, as torchvision infers it.</summary>
    private static double ScaleOf(Tensor level, IReadOnlyList<ImageSize> imageSizes)
    {
        Shapes.RequireDimensions(level, 4, "a level", "[N, C, H, W]");
        var share = (float)level.size(2) / imageSizes.Max(size => size.Height);
        return Math.Pow(2, MathF.Round(MathF.Log2(share)));
    }
}
