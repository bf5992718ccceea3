using System;
using System.IO;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats.Jpeg;
using SixLabors.ImageSharp.PixelFormats;

namespace KnDsl.Samples.ImageNet.Pictures;

/// <summary>Writes pictures as the kinds of JPEG that are met in a collection of photographs.</summary>
/// <param name="inks">Writes those in CMYK; null where the machine cannot, and they are in colors.</param>
internal sealed class PictureWriter(CmykEncoder? inks)
{
    /// <summary>One in so many pictures is grey, and one in CMYK.</summary>
    public const int Rare = 15;

    /// <summary>Writes a picture; what kind of file it is, is random.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="file">The file.</param>
    /// <param name="random">All that is random comes from it.</param>
    public void Write(Image<Rgb24> picture, string file, Random random)
    {
        var (quality, kind, hasHalfColor) = (random.Next(60, 96), random.Next(Rare), random.Next(2) == 0);
        using var bytes = new MemoryStream();
        if (kind == 1 && inks is not null)
        {
            bytes.Write(inks.Encode(picture, quality, hasHalfColor));
        }
        else
        {
            picture.SaveAsJpeg(bytes, new JpegEncoder
            {
                Quality = quality,
                ColorType = kind == 0 ? JpegColorType.Luminance
                    : hasHalfColor ? JpegColorType.YCbCrRatio420 : JpegColorType.YCbCrRatio444,
            });
        }

        File.WriteAllBytes(file, bytes.ToArray());
    }
}
