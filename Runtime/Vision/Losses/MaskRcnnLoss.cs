using System.Collections.Generic;
using System.Linq;
using TorchSharp;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl.Vision;

/// <summary>The loss of Mask R-CNN's masks (He et al. 2017): torchvision's <c>maskrcnn_loss</c>. Waits for no device.</summary>
public static class MaskRcnnLoss
{
    /// <summary>The mean loss over the pixels of the masks of each proposal's class.</summary>
    /// <param name="logits">[R, K, S, S]: a mask of each class, for the proposals of the first image, then those of the next.</param>
    /// <param name="proposals">[P, 4] for each image: those with an object. What lies outside the image is cut off.</param>
    /// <param name="matches">[P] of 64 bits for each image: the number of the object of each.</param>
    /// <param name="targets">The objects of each image, with masks and labels from 1 to K - 1.</param>
    /// <returns>One value; 0 where there is no proposal.</returns>
    /// <exception cref="System.ArgumentException">
    /// The shapes or types do not fit, an image has no masks, or on a CPU a label is none of the classes or a match none of the objects.
    /// </exception>
    public static Tensor Compute(
        Tensor logits, IReadOnlyList<Tensor> proposals, IReadOnlyList<Tensor> matches, IReadOnlyList<DetectionTarget> targets)
    {
        Shapes.RequireDimensions(logits, 4, nameof(logits), "[R, K, S, S]");
        Shapes.RequireSameCount(proposals.Count, nameof(proposals), targets.Count, nameof(targets));
        Shapes.RequireSameCount(matches.Count, nameof(matches), targets.Count, nameof(targets));
        var count = proposals.Sum(ofImage => ofImage.size(0));
        if (logits.size(0) != count)
            throw Shapes.Wrong(logits, nameof(logits), $"of {count} proposals they are [{count}, K, S, S]");
        Shapes.RequireFloatingPoint(logits, nameof(logits));
        using var scope = NewDisposeScope();
        if (count == 0)
            return (Held(0) * logits.sum()).MoveToOuterDisposeScope();
        var (classes, size) = (logits.size(1), new ImageSize((int)logits.size(2), (int)logits.size(3)));
        var (masks, labels) = (new List<Tensor>(), new List<Tensor>());
        for (var image = 0; image < targets.Count; image++)
        {
            Shapes.RequireBoxes(proposals[image], nameof(proposals));
            Shapes.RequireOneEach(matches[image], proposals[image].size(0), nameof(matches), "proposals");
            if (matches[image].size(0) == 0)
                continue;
            targets[image].Check();
            Shapes.RequireLong(matches[image], nameof(matches));
            HostValues.RequireRange(
                matches[image], 0, targets[image].Count, $"matches[{image}]",
                $"it is the number of one of the {targets[image].Count} objects, from 0");
            HostValues.RequireRange(
                targets[image].Labels, 1, classes, $"targets[{image}].Labels",
                $"labels of {classes} classes are 1 to {classes - 1}, since 0 is the background");
            masks.Add(Project(targets[image], proposals[image], matches[image], size, logits.dtype));
            labels.Add(targets[image].Labels.index_select(0, matches[image]));
        }
        var place = cat(labels, 0).view(-1, 1, 1, 1).expand(-1, 1, size.Height, size.Width);
        return nn.functional.binary_cross_entropy_with_logits(logits.gather(1, place).squeeze(1), cat(masks, 0)).MoveToOuterDisposeScope();
    }

    /// <summary>The parts of masks that lie in proposals, of the size of a prediction (<c>project_masks_on_boxes</c>).</summary>
    private static Tensor Project(DetectionTarget target, Tensor proposals, Tensor matches, ImageSize size, ScalarType type)
    {
        if (target.Masks is not { } masks)
            throw new System.ArgumentException("An image with proposals has no masks.", nameof(target));
        var image = new ImageSize((int)masks.size(1), (int)masks.size(2));
        var (values, boxes, settings) = (masks.to(type), Boxes.Clip(proposals, image), new RoiAlignSettings(size, 1, 0, Aligned: false));
        return masks.device_type == DeviceType.CPU
            ? RoiAlign.Apply(values.unsqueeze(1), cat([matches.unsqueeze(1).to(boxes.dtype), boxes], 1), size).squeeze(1)
            : RoiAlignOperations.OfOneChannel(values, matches, boxes, settings);
    }
}
