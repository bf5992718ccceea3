using System.Collections.Generic;
using System.Linq;

namespace KnDsl.Samples.Detection.Segmentation;

/// <summary>How well pixels were classified, as shares.</summary>
/// <param name="PixelAccuracy">Of all pixels, those that are right.</param>
/// <param name="Accuracies">Of the pixels of each class, those that are right; NaN where there are none.</param>
/// <param name="IoUs">The intersection over the union of each class with what was given it; NaN where there is neither.</param>
internal sealed record SegmentationFigures(double PixelAccuracy, IReadOnlyList<double> Accuracies, IReadOnlyList<double> IoUs)
{
    /// <summary>The mean IoU.</summary>
    public double MeanIoU => IoUs.Where(double.IsFinite).DefaultIfEmpty(double.NaN).Average();
}
