using System;

namespace KnDsl.Vision;

/// <summary>How regions are pooled.</summary>
/// <param name="OutputSize">Rows and columns of what a region becomes.</param>
/// <param name="SpatialScale">Pixels of the map for one of the boxes: 1/8 for a map of stride 8.</param>
/// <param name="SamplingRatio">Places a side that each bin is the mean of; where 0 or less, as many as it has pixels, rounded up.</param>
/// <param name="Aligned">
/// Whether pixels lie at their middles, so that a box is moved by half a pixel; if not, boxes are also taken to be a pixel large at least.
/// </param>
internal sealed record RoiAlignSettings(ImageSize OutputSize, double SpatialScale, int SamplingRatio, bool Aligned)
{
    /// <summary>Checks the settings.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A size is less than 1, or the scale is not above 0.</exception>
    public RoiAlignSettings Checked()
    {
        Setting.AtLeastOne(OutputSize.Height, nameof(OutputSize));
        Setting.AtLeastOne(OutputSize.Width, nameof(OutputSize));
        Setting.Positive(SpatialScale, nameof(SpatialScale));
        return this;
    }
}
