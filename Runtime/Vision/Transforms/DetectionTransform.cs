using System;
using System.Collections.Generic;
using System.Linq;
using static TorchSharp.torch;

namespace KnDsl.Vision;

/// <summary>
/// Normalizes images, resizes them and their objects, and makes a batch of them: torchvision's <c>GeneralizedRCNNTransform</c>, for
/// images that are tensors already, on any device. It interpolates without antialiasing, as torchvision's published detectors were
/// trained; <see cref="ResizeObjects"/> is antialiased.
/// </summary>
public sealed class DetectionTransform
{
    private readonly int shortSide;
    private readonly int longSide;
    private readonly int multiple;
    private readonly double[] mean;
    private readonly double[] std;

    /// <summary>A transform.</summary>
    /// <param name="shortSide">Pixels of the shorter side: 800 for torchvision's detectors.</param>
    /// <param name="longSide">The longer side is at most this, if need be with a shorter short side: 1333.</param>
    /// <param name="mean">A mean of each channel; ImageNet's of values from 0 to 1 if null.</param>
    /// <param name="std">A standard deviation of each channel; ImageNet's if null.</param>
    /// <param name="multiple">Height and width of a batch are multiples of this: the stride of the coarsest level.</param>
    /// <exception cref="ArgumentException">There are not as many means as standard deviations.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// A side or the multiple is less than 1, or a standard deviation is not above 0.
    /// </exception>
    public DetectionTransform(
        int shortSide = 800, int longSide = 1333, IReadOnlyList<double>? mean = null, IReadOnlyList<double>? std = null, int multiple = 32)
    {
        this.shortSide = (int)Setting.AtLeastOne(shortSide);
        this.longSide = (int)Setting.AtLeastOne(longSide);
        this.multiple = (int)Setting.AtLeastOne(multiple);
        this.mean = [.. mean ?? [0.485, 0.456, 0.406]];
        this.std = [.. (std ?? [0.229, 0.224, 0.225]).Select(value => Setting.Positive(value, nameof(std)))];
        if (this.mean.Length != this.std.Length)
        {
            throw new ArgumentException(
                $"There are {this.mean.Length} means and {this.std.Length} standard deviations, but one of each for every channel.");
        }
    }

    /// <summary>Makes a batch.</summary>
    /// <param name="images">[C, H, W] each, floating point, of any sizes.</param>
    /// <param name="targets">The objects of each image; null for none.</param>
    /// <returns>A batch, to be disposed. The detections of a network are in the pixels of <see cref="DetectionBatch.Sizes"/>.</returns>
    /// <exception cref="ArgumentException">There is no image, the shapes do not fit, or a mask is not of its image's size.</exception>
    public DetectionBatch Apply(IReadOnlyList<Tensor> images, IReadOnlyList<DetectionTarget>? targets = null)
    {
        if (images.Count == 0)
            throw new ArgumentException("There is no image.", nameof(images));
        if (targets is not null)
            Shapes.RequireSameCount(targets.Count, nameof(targets), images.Count, nameof(images));
        using var scope = NewDisposeScope();
        var resized = new List<Tensor>();
        var objects = new List<DetectionTarget>();
        for (var number = 0; number < images.Count; number++)
        {
            var image = images[number];
            Shapes.RequireDimensions(image, 3, nameof(images), "[C, H, W]");
            Shapes.RequireFloatingPoint(image, nameof(images));
            if (image.size(0) != mean.Length || image.size(1) < 1 || image.size(2) < 1)
                throw Shapes.Wrong(image, nameof(images), $"an image is [{mean.Length}, H, W], with at least one pixel");
            var from = new ImageSize((int)image.size(1), (int)image.size(2));
            var to = ResizedSize.Of(from, shortSide, longSide);
            resized.Add(nn.functional.interpolate(
                Normalized(image).unsqueeze(0), [to.Height, to.Width], mode: InterpolationMode.Bilinear, align_corners: false).squeeze(0));
            if (targets is not null)
                objects.Add(Resized(targets[number], from, to));
        }
        var sizes = resized.Select(image => new ImageSize((int)image.size(1), (int)image.size(2))).ToArray();
        return new(
            Padded(resized, DetectionBatch.Padded(sizes, multiple)).DetachFromDisposeScope(), sizes,
            [.. objects.Select(target => new DetectionTarget(
                target.Boxes.DetachFromDisposeScope(), target.Labels.DetachFromDisposeScope(), target.Masks?.DetachFromDisposeScope()))]);
    }

    private Tensor Normalized(Tensor image) =>
        (image - tensor(mean, image.dtype, image.device).view(-1, 1, 1)) / tensor(std, image.dtype, image.device).view(-1, 1, 1);

    private static DetectionTarget Resized(DetectionTarget target, ImageSize from, ImageSize to)
    {
        target.Check();
        var masks = target.Masks;
        if (masks is not null && (masks.size(1) != from.Height || masks.size(2) != from.Width))
            throw Shapes.Wrong(masks, "Masks", $"they are of their image's size, {from}");
        return new(
            Boxes.Resize(target.Boxes, from, to), target.Labels.clone(),
            masks is null ? null
                : masks.size(0) == 0 ? masks.new_zeros([0, to.Height, to.Width])
                : nn.functional.interpolate(masks.unsqueeze(1).to(ScalarType.Float32), [to.Height, to.Width]).squeeze(1).to(masks.dtype));
    }

    private static Tensor Padded(List<Tensor> images, ImageSize size)
    {
        var batch = images[0].new_zeros([images.Count, images[0].size(0), size.Height, size.Width]);
        for (var number = 0; number < images.Count; number++)
            batch[number].narrow(1, 0, images[number].size(1)).narrow(2, 0, images[number].size(2)).copy_(images[number]);
        return batch;
    }
}
