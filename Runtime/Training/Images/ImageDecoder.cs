using System;
using System.Globalization;

namespace KnDsl.Training;

/// <summary>Decoders of JPEG, PNG, BMP, PPM, PGM, TIFF and WebP. What a file is decides its contents, not its name.</summary>
public static class ImageDecoder
{
    /// <summary>Whether libturbojpeg is installed on this machine.</summary>
    public static bool HasTurboJpeg => TurboJpeg.Library is not null;

    /// <summary>A decoder.</summary>
    /// <param name="library">What reads JPEG. ImageSharp reads everything else, but for PPM and PGM.</param>
    /// <param name="limits">How large an image may be.</param>
    /// <exception cref="DllNotFoundException">libturbojpeg is asked for and is not there.</exception>
    public static IImageDecoder Create(JpegLibrary library = JpegLibrary.Automatic, ImageLimits? limits = null)
    {
        var turbo = library == JpegLibrary.ImageSharp ? null : TurboJpeg.Library;
        return library == JpegLibrary.TurboJpeg && turbo is null
            ? throw new DllNotFoundException(
                $"{TurboJpeg.Names[0]} was not found: install it (Debian and Ubuntu: apt-get install libturbojpeg0), "
                    + $"or choose JpegLibrary.{JpegLibrary.Automatic} or .{JpegLibrary.ImageSharp}.")
            : new CheckedDecoder(turbo, limits ?? new());
    }

    /// <summary>
    /// Looks at what a file says of itself before it hands it to a library, and makes one exception of all that these throw.
    /// </summary>
    private sealed class CheckedDecoder(TurboJpeg? turbo, ImageLimits limits) : IImageDecoder
    {
        private readonly ManagedDecoder managed = new();

        public ImageLimits Limits => limits;

        public string JpegLibrary => turbo?.Name ?? ManagedDecoder.Name;

        public RgbImage Decode(ReadOnlySpan<byte> bytes, string path, string? entry = null)
        {
            var file = new ImageFile(bytes, path, entry);
            try
            {
                if (limits.Refuse(bytes.Length) is { } problem)
                    throw file.Damaged(problem);
                var header = ReadHeader(file);
                if (Math.Max(header.Width, header.Height) > limits.MaxSide)
                    throw TooLarge(file, header, Invariant($"{limits.MaxSide:N0} on a side"));
                if ((long)header.Width * header.Height > limits.MaxPixels)
                    throw TooLarge(file, header, Invariant($"{limits.MaxPixels:N0} in all"));
                if (header.Format == ImageFormat.Png)
                    PngStructure.CheckPixels(file, header);
                return header.Format == ImageFormat.Pnm ? PnmDecoder.Decode(file)
                    : header.Format == ImageFormat.Jpeg && turbo is not null ? turbo.Decode(file, header)
                    : managed.Decode(file);
            }
            catch (Exception error) when (error is not (DamagedFileException or OutOfMemoryException))
            {
                throw file.Damaged($"cannot be decoded: {error.Message}", error);
            }
        }

        private ImageHeader ReadHeader(ImageFile file) => FileSigns.FormatOf(file.Bytes) switch
        {
            null => throw file.Damaged(FileSigns.Describe(file.Bytes)),
            ImageFormat.Jpeg => JpegStructure.Read(file),
            ImageFormat.Png => PngStructure.Read(file),
            ImageFormat.Pnm => PnmDecoder.ReadHeader(file),
            var format => managed.Identify(file, format.Value),
        };

        private static DamagedFileException TooLarge(ImageFile file, ImageHeader header, string most) => file.Damaged(
            Invariant($"is too large: it has {header.Width:N0} x {header.Height:N0} pixels, and may have {most}"));

        private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
    }
}
