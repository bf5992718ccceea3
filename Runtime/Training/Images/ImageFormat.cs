namespace KnDsl.Training;

/// <summary>The kinds of image files, by what they begin with.</summary>
internal enum ImageFormat
{
    Jpeg,
    Png,
    Bmp,
    Pnm,
    Tiff,
    Webp,
}
