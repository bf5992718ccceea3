using System;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl.Vision;

/// <summary>
/// Losses of single predictions: torchvision's and torch's. None waits for a device. The mean of no prediction is 0, with a gradient of
/// zero; of torchvision's and torch's only <c>generalized_box_iou_loss</c> has that, the others are NaN.
/// </summary>
public static class Losses
{
    /// <summary>
    /// The focal loss of sigmoids (<c>sigmoid_focal_loss</c>; Lin et al. 2017): a cross-entropy in which what is decided well counts
    /// little.
    /// </summary>
    /// <param name="logits">Of any shape, floating point: what the sigmoid is taken of.</param>
    /// <param name="targets">Of the same shape and of a floating-point type: 1 for the class, 0 for all others.</param>
    /// <param name="alpha">The weight of ones, from 0 to 1, against that of zeros; below 0 all weigh 1.</param>
    /// <param name="gamma">The exponent with which what is decided well counts less.</param>
    /// <param name="reduction">None, mean or sum. The mean of none is 0.</param>
    /// <returns>The loss: of the shape of the logits, or one value.</returns>
    /// <exception cref="ArgumentException">The shapes differ, or a type is not a floating-point type.</exception>
    public static Tensor SigmoidFocal(
        Tensor logits, Tensor targets, double alpha = 0.25, double gamma = 2, nn.Reduction reduction = nn.Reduction.None)
    {
        RequireSameShape(logits, targets);
        Shapes.RequireFloatingPoint(logits, nameof(logits));
        if (!targets.is_floating_point())
        {
            throw new ArgumentException(
                $"targets has the type {targets.dtype}, but it is of a floating-point type: 1 for the class of an element, 0 for all "
                + "others. Class numbers become that by nn.functional.one_hot, and whole numbers by to(logits.dtype).", nameof(targets));
        }
        using var scope = NewDisposeScope();
        var probability = logits.sigmoid();
        var entropy = nn.functional.binary_cross_entropy_with_logits(logits, targets, reduction: nn.Reduction.None);
        var ofTarget = Sum(probability * targets, Sum(-probability, 1) * Sum(-targets, 1));
        var loss = entropy * Sum(-ofTarget, 1).pow(Held(gamma));
        if (alpha >= 0)
            loss = Sum(Held(alpha) * targets, Held(1 - alpha) * Sum(-targets, 1)) * loss;
        return Reduce(loss, reduction).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The absolute error, squared near 0 (<c>smooth_l1_loss</c>; Girshick 2015): d^2 / (2 beta) where |d| is below beta, |d| - beta / 2
    /// elsewhere.
    /// </summary>
    /// <param name="predictions">Of any shape.</param>
    /// <param name="targets">Of the same shape.</param>
    /// <param name="beta">Where the square ends, at least 0; 0 is the absolute error.</param>
    /// <param name="reduction">None, mean or sum. The mean of none is 0.</param>
    /// <returns>The loss: of the shape of the predictions, or one value.</returns>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    /// <exception cref="ArgumentOutOfRangeException">beta is below 0 or not finite.</exception>
    public static Tensor SmoothL1(
        Tensor predictions, Tensor targets, double beta = 1, nn.Reduction reduction = nn.Reduction.None)
    {
        RequireSameShape(predictions, targets);
        Setting.NotNegative(beta);
        return nn.functional.smooth_l1_loss(predictions, targets, OfNone(reduction, predictions), beta);
    }

    /// <summary>
    /// 1 less the generalized intersection over union of boxes and those at the same place (<c>generalized_box_iou_loss</c>; Rezatofighi et
    /// al. 2019). Its gradient also moves boxes that are apart towards each other.
    /// </summary>
    /// <param name="boxes">[..., 4], x1 &lt; x2 and y1 &lt; y2.</param>
    /// <param name="targets">Of the same shape.</param>
    /// <param name="reduction">None, mean or sum. The mean of none is 0.</param>
    /// <param name="eps">What keeps a division by an area from being one by 0.</param>
    /// <returns>The loss: [...], or one value.</returns>
    /// <exception cref="ArgumentException">The shapes differ, or the last dimension is not 4.</exception>
    public static Tensor GeneralizedIoU(
        Tensor boxes, Tensor targets, nn.Reduction reduction = nn.Reduction.None, double eps = 1e-7)
    {
        RequireSameShape(boxes, targets);
        if (boxes.dim() == 0 || boxes.size(-1) != 4)
            throw Shapes.Wrong(boxes, nameof(boxes), "boxes are [..., 4]: x1, y1, x2, y2 in pixels");
        using var scope = NewDisposeScope();
        var (a, b) = (boxes.unbind(-1), targets.unbind(-1));
        var width = minimum(a[2], b[2]) - maximum(a[0], b[0]);
        var height = minimum(a[3], b[3]) - maximum(a[1], b[1]);
        var intersection = (width * height).masked_fill(width.gt(Held(0)).bitwise_and(height.gt(Held(0))).bitwise_not(), Held(0));
        var union = Sum((a[2] - a[0]) * (a[3] - a[1]), (b[2] - b[0]) * (b[3] - b[1])) - intersection;
        var hull = (maximum(a[2], b[2]) - minimum(a[0], b[0])) * (maximum(a[3], b[3]) - minimum(a[1], b[1]));
        var loss = Sum(-(intersection / Sum(union, eps) - (hull - union) / Sum(hull, eps)), 1);
        return Reduce(loss, reduction).MoveToOuterDisposeScope();
    }

    /// <summary>The mean of none would be NaN; the sum is 0, and carries a gradient of zero.</summary>
    private static nn.Reduction OfNone(nn.Reduction reduction, Tensor values) =>
        reduction == nn.Reduction.Mean && values.numel() == 0 ? nn.Reduction.Sum : reduction;

    private static Tensor Reduce(Tensor loss, nn.Reduction reduction) => OfNone(reduction, loss) switch
    {
        nn.Reduction.None => loss,
        nn.Reduction.Mean => loss.mean(),
        nn.Reduction.Sum => loss.sum(),
        _ => throw new ArgumentOutOfRangeException(nameof(reduction), reduction, "There is no such reduction."),
    };

    private static void RequireSameShape(Tensor predictions, Tensor targets)
    {
        if (!predictions.shape.AsSpan().SequenceEqual(targets.shape))
            throw Shapes.Wrong(targets, nameof(targets), $"predictions have the shape [{string.Join(", ", predictions.shape)}]");
    }
}
