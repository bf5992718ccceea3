using System;

namespace KnDsl.Training;

/// <summary>Reads images: from the bytes of a file to pixels. Several threads may use one decoder at a time.</summary>
public interface IImageDecoder
{
    /// <summary>What reads JPEG, with its version where it tells one.</summary>
    public string JpegLibrary { get; }

    /// <summary>How large an image may be.</summary>
    public ImageLimits Limits { get; }

    /// <summary>Reads an image.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="path">The name of the file, for messages.</param>
    /// <param name="entry">The entry, where the file is an archive, for messages.</param>
    /// <returns>
    /// The image, to be disposed. Grey and CMYK images are converted; transparency and the orientation in EXIF are ignored.
    /// </returns>
    /// <exception cref="DamagedFileException">
    /// The bytes are no image, are cut off or damaged, or the image is larger than allowed.
    /// </exception>
    public RgbImage Decode(ReadOnlySpan<byte> bytes, string path, string? entry = null);
}
