using System;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl.Vision;

/// <summary>
/// Draws a number of anchors or proposals, of which a share are objects: torchvision's <c>BalancedPositiveNegativeSampler</c>. It gives
/// masks, whose size is known, so that no device is waited for.
/// </summary>
public sealed class BalancedSampler
{
    private readonly long count;
    private readonly long mostPositives;

    /// <summary>A sampler.</summary>
    /// <param name="count">How many are drawn of an image: 256 for region proposals, 512 for Faster R-CNN's heads.</param>
    /// <param name="positiveShare">The share of them that are objects, where there are as many: 0.5 and 0.25.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is less than 1, or the share not from 0 to 1.</exception>
    public BalancedSampler(long count, double positiveShare)
    {
        this.count = Setting.AtLeastOne(count);
        mostPositives = (long)(count * Setting.Share(positiveShare));
    }

    /// <summary>Draws of one image. All of a kind are equally likely.</summary>
    /// <param name="labels">[N]: 1 or more for an object, 0 for background, less for what is left out.</param>
    /// <param name="generator">Random numbers, of the device of the labels; torch's own if null.</param>
    /// <returns>Two masks, [N] of booleans: the objects that were drawn, and the background, which fills what objects leave.</returns>
    /// <exception cref="ArgumentException">The labels are not [N].</exception>
    public (Tensor Positives, Tensor Negatives) Sample(Tensor labels, Generator? generator = null)
    {
        Shapes.RequireDimensions(labels, 1, nameof(labels), "[N]");
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (positive, negative) = (labels.ge(Held(1)), labels.eq(Held(0)));
        var keys = rand(labels.size(0), device: labels.device, generator: generator);
        var positives = positive.bitwise_and(Places(keys, positive).lt(Held(mostPositives)));
        var negatives = negative.bitwise_and(Places(keys, negative).lt(Sum(-positives.sum(), count)));
        return (positives.MoveToOuterDisposeScope(), negatives.MoveToOuterDisposeScope());
    }

    /// <summary>The place of each in a random order that begins with those of a kind.</summary>
    private static Tensor Places(Tensor keys, Tensor ofKind)
    {
        var order = keys.masked_fill(ofKind.bitwise_not(), Held(2)).argsort();
        return empty_like(order).scatter_(0, order, Range(order.size(0), device: order.device));
    }
}
