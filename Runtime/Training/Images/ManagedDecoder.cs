using System.Reflection;
using System.Runtime.InteropServices;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats.Bmp;
using SixLabors.ImageSharp.Formats.Jpeg;
using SixLabors.ImageSharp.Formats.Png;
using SixLabors.ImageSharp.Formats.Tiff;
using SixLabors.ImageSharp.Formats.Webp;
using SixLabors.ImageSharp.Metadata;
using SixLabors.ImageSharp.PixelFormats;

namespace KnDsl.Training;

/// <summary>SixLabors.ImageSharp, in managed code.</summary>
internal sealed class ManagedDecoder
{
    private readonly Configuration configuration = new(
        new BmpConfigurationModule(), new JpegConfigurationModule(), new PngConfigurationModule(), new TiffConfigurationModule(),
        new WebpConfigurationModule())
    {
        // Images are read side by side, each on its thread.
        MaxDegreeOfParallelism = 1,
    };

    public ManagedDecoder()
    {
        // Texts and profiles are not needed, and compressed ones can be large.
        configuration.ImageFormatsManager.SetDecoder(JpegFormat.Instance, new JpegDecoder { IgnoreMetadata = true });
        configuration.ImageFormatsManager.SetDecoder(PngFormat.Instance, new PngDecoder { IgnoreMetadata = true });
        configuration.ImageFormatsManager.SetDecoder(WebpFormat.Instance, new WebpDecoder { IgnoreMetadata = true });
        configuration.ImageFormatsManager.SetDecoder(
            TiffFormat.Instance, new TiffDecoder { IgnoreMetadata = true, DecodingMode = FrameDecodingMode.First });
    }

    public static string Name { get; } =
        $"SixLabors.ImageSharp {typeof(Image).Assembly.GetCustomAttribute<AssemblyFileVersionAttribute>()?.Version}";

    /// <summary>The size of an image; its pixels are not read.</summary>
    public ImageHeader Identify(ImageFile file, ImageFormat format)
    {
        var found = Image.Identify(configuration, file.Bytes.ToArray(), out _)
            ?? throw file.Damaged("is damaged: its header cannot be read");
        return new(format, found.Width, found.Height);
    }

    public RgbImage Decode(ImageFile file)
    {
        using var read = Image.Load<Rgba32>(configuration, file.Bytes);
        var image = new RgbImage(read.Width, read.Height);
        read.ProcessPixelRows(rows =>
        {
            for (var y = 0; y < rows.Height; y++)
                MemoryMarshal.AsBytes(rows.GetRowSpan(y)).CopyTo(image.Row(y));
        });
        return image;
    }
}
