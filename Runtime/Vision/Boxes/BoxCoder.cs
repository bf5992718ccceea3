using System;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl.Vision;

/// <summary>
/// Boxes as what a network predicts, relative to others, and back: torchvision's <c>BoxCoder</c> (Girshick et al. 2014). The middle is
/// coded in widths and heights of the other box, the size as a logarithm; each of the four has a weight. Waits for no device.
/// </summary>
public sealed class BoxCoder
{
    private readonly double sizeLimit;

    /// <summary>A coder.</summary>
    /// <param name="x">The weight of the middle's column: 1 for RetinaNet and the region proposals, 10 for Faster R-CNN's heads.</param>
    /// <param name="y">The weight of the middle's row: 1 or 10.</param>
    /// <param name="width">The weight of the width: 1 or 5.</param>
    /// <param name="height">The weight of the height: 1 or 5.</param>
    /// <param name="sizeLimit">
    /// The largest logarithm of a size when decoding, so that the exponential stays finite; ln(1000 / 16) if null, as in torchvision.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">A weight is not above 0, or the limit is not finite.</exception>
    public BoxCoder(double x = 1, double y = 1, double width = 1, double height = 1, double? sizeLimit = null)
    {
        (X, Y) = (Setting.Positive(x), Setting.Positive(y));
        (Width, Height) = (Setting.Positive(width), Setting.Positive(height));
        this.sizeLimit = sizeLimit ?? Math.Log(1000.0 / 16);
        if (!double.IsFinite(this.sizeLimit))
            throw Setting.OutOfRange(nameof(sizeLimit), sizeLimit, "must be finite");
    }

    /// <summary>The weight of the middle's column.</summary>
    public double X { get; }

    /// <summary>The weight of the middle's row.</summary>
    public double Y { get; }

    /// <summary>The weight of the width.</summary>
    public double Width { get; }

    /// <summary>The weight of the height.</summary>
    public double Height { get; }

    /// <summary>The codes of boxes relative to others.</summary>
    /// <param name="boxes">[N, 4]: what is to be predicted. Without area its codes are not finite.</param>
    /// <param name="proposals">[N, 4]: anchors or proposals that they are coded by, with an area.</param>
    /// <returns>[N, 4].</returns>
    /// <exception cref="ArgumentException">They are not [N, 4] both, with one N.</exception>
    public Tensor Encode(Tensor boxes, Tensor proposals)
    {
        Shapes.RequireBoxes(boxes, nameof(boxes));
        Shapes.RequireBoxes(proposals, nameof(proposals));
        if (boxes.size(0) != proposals.size(0))
            throw Shapes.Wrong(proposals, nameof(proposals), $"there is one for each of the {boxes.size(0)} boxes");
        using var scope = NewDisposeScope();
        var (x, y, width, height) = Middles(boxes);
        var (fromX, fromY, fromWidth, fromHeight) = Middles(proposals);
        return stack(
            [
                Held(X) * (x - fromX) / fromWidth, Held(Y) * (y - fromY) / fromHeight,
                Held(Width) * (width / fromWidth).log(), Held(Height) * (height / fromHeight).log(),
            ], 1).MoveToOuterDisposeScope();
    }

    /// <summary>The boxes that codes mean.</summary>
    /// <param name="codes">[N, 4 K]: K codes for each box, such as one for each class.</param>
    /// <param name="proposals">[N, 4]: what they are relative to.</param>
    /// <returns>[N, 4 K], of the type of the codes.</returns>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public Tensor Decode(Tensor codes, Tensor proposals)
    {
        Shapes.RequireBoxes(proposals, nameof(proposals));
        if (codes.dim() != 2 || codes.size(0) != proposals.size(0) || codes.size(1) % 4 != 0)
            throw Shapes.Wrong(codes, nameof(codes), $"codes of {proposals.size(0)} boxes are [{proposals.size(0)}, 4 K]");
        using var scope = NewDisposeScope();
        var (x, y, width, height) = Middles(proposals.to(codes.dtype));
        var code = codes.view(codes.size(0), codes.size(1) / 4, 4).unbind(2);
        var newX = Sum(code[0] / Held(X) * width.unsqueeze(1), x.unsqueeze(1));
        var newY = Sum(code[1] / Held(Y) * height.unsqueeze(1), y.unsqueeze(1));
        var halfWidth = Held(0.5) * ((code[2] / Held(Width)).clamp_max(Held(sizeLimit)).exp() * width.unsqueeze(1));
        var halfHeight = Held(0.5) * ((code[3] / Held(Height)).clamp_max(Held(sizeLimit)).exp() * height.unsqueeze(1));
        return stack([newX - halfWidth, newY - halfHeight, Sum(newX, halfWidth), Sum(newY, halfHeight)], 2)
            .flatten(1).MoveToOuterDisposeScope();
    }

    private static (Tensor X, Tensor Y, Tensor Width, Tensor Height) Middles(Tensor boxes)
    {
        var sides = boxes.unbind(1);
        var (width, height) = (sides[2] - sides[0], sides[3] - sides[1]);
        return (Sum(sides[0], Held(0.5) * width), Sum(sides[1], Held(0.5) * height), width, height);
    }
}
