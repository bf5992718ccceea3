using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl.Vision;

/// <summary>The two losses of a part of a detector.</summary>
/// <param name="Classification">That of classes, one value.</param>
/// <param name="Boxes">That of boxes, one value.</param>
public readonly record struct DetectorLosses(Tensor Classification, Tensor Boxes)
{
    /// <summary>Their sum, which torchvision's training takes.</summary>
    public Tensor Sum => Sum(Classification, Boxes);
}
