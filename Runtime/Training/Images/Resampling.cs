namespace KnDsl.Training;

/// <summary>The filters that pixels are resampled with, of PIL's names and shapes.</summary>
public enum Resampling
{
    /// <summary>A triangle over two pixels of the smaller image.</summary>
    Bilinear,

    /// <summary>Keys's cubic with a = -0.5, over four pixels of the smaller image.</summary>
    Bicubic,
}
