namespace KnDsl.Training;

/// <summary>What reads JPEG.</summary>
public enum JpegLibrary
{
    /// <summary>libturbojpeg where the machine has it, otherwise ImageSharp.</summary>
    Automatic,

    /// <summary>SixLabors.ImageSharp, which is always there.</summary>
    ImageSharp,

    /// <summary>
    /// libturbojpeg, which has to be installed (Debian: <c>libturbojpeg0</c>). It is faster, and decodes as PIL does: colours that the
    /// file has at half the resolution are interpolated, where ImageSharp repeats them.
    /// </summary>
    TurboJpeg,
}
