using System;
using static TorchSharp.torch;

namespace KnDsl.Training;

/// <summary>Images of a batch that are mixed with each other, and their targets in the same shares.</summary>
/// <remarks>The shares and the order are drawn by torch's random generator, whose state a checkpoint holds.</remarks>
public static class Mixing
{
    /// <summary>
    /// mixup (Zhang et al. 2018): every image becomes the weighted mean of itself and another of the batch, with one weight for the batch
    /// from a Beta distribution.
    /// </summary>
    /// <param name="images">[N, ...], floating point.</param>
    /// <param name="targets">[N] classes, or [N, classes] probabilities.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="alpha">Both parameters of the Beta distribution, above 0; ImageNet takes 0.2.</param>
    /// <returns>New images, and targets as probabilities, [N, classes], for a cross-entropy.</returns>
    /// <exception cref="ArgumentOutOfRangeException">alpha is not above 0.</exception>
    public static (Tensor Images, Tensor Targets) Mixup(Tensor images, Tensor targets, long classes, double alpha)
    {
        using var scope = NewDisposeScope();
        var share = Share(alpha);
        var order = randperm(images.size(0), device: images.device);
        var (own, others) = Probabilities(targets, order, classes, images.dtype);
        return (
            scope.MoveToOuter(images.lerp(images.index_select(0, order), 1 - share)),
            scope.MoveToOuter(own.lerp(others, 1 - share)));
    }

    /// <summary>
    /// CutMix (Yun et al. 2019): a rectangle of every image is that of another of the batch. It lies at a random place, the same for the
    /// batch, and covers a share from a Beta distribution; what the edge cuts off is not counted.
    /// </summary>
    /// <inheritdoc cref="Mixup"/>
    /// <param name="images">[N, C, H, W], floating point.</param>
    /// <param name="targets">[N] classes, or [N, classes] probabilities.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="alpha">Both parameters of the Beta distribution, above 0; ImageNet takes 1.</param>
    public static (Tensor Images, Tensor Targets) CutMix(Tensor images, Tensor targets, long classes, double alpha)
    {
        using var scope = NewDisposeScope();
        var side = Math.Sqrt(1 - Share(alpha));
        var (top, bottom) = Cut(images.size(2), side);
        var (left, right) = Cut(images.size(3), side);
        var order = randperm(images.size(0), device: images.device);
        var mixed = images.clone();
        mixed.narrow(2, top, bottom - top).narrow(3, left, right - left).copy_(
            images.index_select(0, order).narrow(2, top, bottom - top).narrow(3, left, right - left));
        var share = 1 - (double)((bottom - top) * (right - left)) / (images.size(2) * images.size(3));
        var (own, others) = Probabilities(targets, order, classes, images.dtype);
        return (scope.MoveToOuter(mixed), scope.MoveToOuter(own.lerp(others, 1 - share)));
    }

    /// <summary>A draw from Beta(alpha, alpha).</summary>
    private static double Share(double alpha)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(alpha);
        using var parameter = tensor(alpha, ScalarType.Float64);
        using var drawn = distributions.Beta(parameter, parameter).sample();
        return drawn.item<double>();
    }

    /// <summary>A stretch of a share of a length around a random place in it.</summary>
    private static (long From, long To) Cut(long length, double share)
    {
        using var place = randint(length, [1], ScalarType.Int64);
        var (middle, half) = (place.item<long>(), (long)(length * share) / 2);
        return (Math.Max(0, middle - half), Math.Min(length, middle + half));
    }

    private static (Tensor Own, Tensor Others) Probabilities(Tensor targets, Tensor order, long classes, ScalarType type)
    {
        var own = targets.dim() == 1 ? nn.functional.one_hot(targets, classes).to(type) : targets;
        return (own, own.index_select(0, order));
    }
}
