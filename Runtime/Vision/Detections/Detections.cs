using System;
using static TorchSharp.torch;

namespace KnDsl.Vision;

/// <summary>What a detector found in one image, the highest score first.</summary>
/// <param name="Boxes">[D, 4] in pixels of the image.</param>
/// <param name="Scores">[D], from 0 to 1.</param>
/// <param name="Labels">[D] of 64 bits.</param>
/// <param name="Masks">
/// Probabilities that a pixel belongs to the object: [D, 1, S, S] of the pixels of each box, or [D, 1, H, W] of the image's after
/// <see cref="Resized"/>; null where there are no masks.
/// </param>
public sealed record Detections(Tensor Boxes, Tensor Scores, Tensor Labels, Tensor? Masks = null) : IDisposable
{
    /// <summary>How many there are.</summary>
    public long Count => Boxes.size(0);

    /// <summary>
    /// The detections in the image as it was before it was resized for the network: torchvision's
    /// <c>GeneralizedRCNNTransform.postprocess</c>. With masks, a device is waited for.
    /// </summary>
    /// <param name="from">The size that the network saw, without padding.</param>
    /// <param name="to">The size of the image.</param>
    /// <returns>New detections, whose masks are of the image's size.</returns>
    public Detections Resized(ImageSize from, ImageSize to)
    {
        using var scope = NewDisposeScope();
        var boxes = KnDsl.Vision.Boxes.Resize(Boxes, from, to);
        var masks = Masks is null ? null : KnDsl.Vision.Masks.Paste(Masks, boxes, to);
        return new Detections(boxes, Scores.alias(), Labels.alias(), masks).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Some of them, in their order, which share their memory. The masks of all in a large image may be more than memory or a tensor
    /// holds: <see cref="Resized"/> of a few after the other needs no more than theirs.
    /// </summary>
    /// <param name="first">The first, from 0.</param>
    /// <param name="count">How many.</param>
    public Detections Narrow(long first, long count) =>
        new(Boxes.narrow(0, first, count), Scores.narrow(0, first, count), Labels.narrow(0, first, count), Masks?.narrow(0, first, count));

    /// <summary>Makes the tensors outlive the current dispose scope.</summary>
    /// <returns>These detections.</returns>
    public Detections MoveToOuterDisposeScope()
    {
        Boxes.MoveToOuterDisposeScope();
        Scores.MoveToOuterDisposeScope();
        Labels.MoveToOuterDisposeScope();
        Masks?.MoveToOuterDisposeScope();
        return this;
    }

    /// <summary>Frees the tensors.</summary>
    public void Dispose()
    {
        Boxes.Dispose();
        Scores.Dispose();
        Labels.Dispose();
        Masks?.Dispose();
    }

    /// <summary>
    /// Those that no better one of their class suppresses, at most so many. A device is waited for. They belong to the dispose scope
    /// around that of the caller.
    /// </summary>
    internal static Detections Best(Tensor boxes, Tensor scores, Tensor labels, double iouThreshold, int most)
    {
        var kept = NonMaximumSuppression.KeepByClass(boxes, scores, labels, iouThreshold);
        var best = kept.narrow(0, 0, Math.Min(most, kept.size(0)));
        return new Detections(boxes.index_select(0, best), scores.index_select(0, best), labels.index_select(0, best))
            .MoveToOuterDisposeScope();
    }
}
