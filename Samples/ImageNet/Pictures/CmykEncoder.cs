using System;
using System.Runtime.InteropServices;
using KnDsl.Training;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.PixelFormats;

namespace KnDsl.Samples.ImageNet.Pictures;

/// <summary>Writes JPEG with the four inks of print, by libturbojpeg: ImageSharp reads such files and does not write them.</summary>
internal sealed class CmykEncoder
{
    private const int PixelsCmyk = 11;

    /// <summary>A channel in full resolution, and the colors at half of it in both directions.</summary>
    private const int FullColor = 0, HalfColor = 2;

    private readonly InitCompress initCompress;
    private readonly Compress2 compress;
    private readonly FreeMemory free;
    private readonly GetErrorText getErrorText;
    private readonly DestroyHandle destroy;

    private CmykEncoder(nint library)
    {
        initCompress = Function<InitCompress>("tjInitCompress");
        compress = Function<Compress2>("tjCompress2");
        free = Function<FreeMemory>("tjFree");
        getErrorText = Function<GetErrorText>("tjGetErrorStr2");
        destroy = Function<DestroyHandle>("tjDestroy");

        T Function<T>(string name) => Marshal.GetDelegateForFunctionPointer<T>(NativeLibrary.GetExport(library, name));
    }

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate nint InitCompress();

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int Compress2(
        nint handle, byte[] pixels, int width, int pitch, int height, int format, ref nint bytes, ref CULong length, int colors,
        int quality, int flags);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate void FreeMemory(nint bytes);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate nint GetErrorText(nint handle);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int DestroyHandle(nint handle);

    /// <summary>An encoder; null where libturbojpeg is not installed.</summary>
    public static CmykEncoder? Find() => ImageDecoder.HasTurboJpeg
        ? new(NativeLibrary.Load(ImageDecoder.Create(JpegLibrary.TurboJpeg).JpegLibrary))
        : null;

    /// <summary>The bytes of a JPEG file with a picture in inks, as Adobe's programs write it: transformed (YCCK) and inverted.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="quality">From 1 to 100.</param>
    /// <param name="hasHalfColor">Whether colors have half the resolution of brightness.</param>
    public byte[] Encode(Image<Rgb24> picture, int quality, bool hasHalfColor)
    {
        var handle = initCompress();
        if (handle == 0)
            throw new InvalidOperationException("libturbojpeg gives no encoder");
        nint bytes = 0;
        var length = default(CULong);
        try
        {
            return compress(
                handle, InksOf(picture), picture.Width, 0, picture.Height, PixelsCmyk, ref bytes, ref length,
                hasHalfColor ? HalfColor : FullColor, quality, 0) != 0
                ? throw new InvalidOperationException($"libturbojpeg: {Marshal.PtrToStringUTF8(getErrorText(handle))}")
                : Copy(bytes, (int)length.Value);
        }
        finally
        {
            free(bytes);
            _ = destroy(handle);
        }
    }

    /// <summary>
    /// Cyan, magenta, yellow and black, each of them 255 where there is none of it. The black is all that a color has: so the largest of
    /// red, green and blue is the light that black leaves, and the other inks take from it.
    /// </summary>
    private static byte[] InksOf(Image<Rgb24> picture)
    {
        var inks = new byte[4 * picture.Width * picture.Height];
        picture.ProcessPixelRows(rows =>
        {
            var place = 0;
            for (var y = 0; y < rows.Height; y++)
            {
                foreach (var color in rows.GetRowSpan(y))
                {
                    var light = Math.Max(color.R, Math.Max(color.G, color.B));
                    inks[place++] = Share(color.R, light);
                    inks[place++] = Share(color.G, light);
                    inks[place++] = Share(color.B, light);
                    inks[place++] = light;
                }
            }
        });
        return inks;
    }

    private static byte Share(byte color, byte light) => light == 0 ? byte.MaxValue : (byte)((255 * color + light / 2) / light);

    private static byte[] Copy(nint bytes, int length)
    {
        var copy = new byte[length];
        Marshal.Copy(bytes, copy, 0, length);
        return copy;
    }
}
