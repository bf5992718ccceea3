using System;
using System.Runtime.InteropServices;

namespace KnDsl.Training;

/// <summary>
/// libturbojpeg, where the machine has it: the functions of its version 1 interface that all releases since 2.0 have.
/// </summary>
internal sealed unsafe class TurboJpeg
{
    private const int PixelsRgbx = 2;

    private const int PixelsCmyk = 11;

    private const int SpaceCmyk = 3;

    private const int SpaceYcck = 4;

    private const int ErrorIsWarning = 0;

    private static readonly Lazy<TurboJpeg?> Found = new(Find);

    private readonly delegate* unmanaged[Cdecl]<nint> initDecompress;
    private readonly delegate* unmanaged[Cdecl]<nint, byte*, CULong, int*, int*, int*, int*, int> decompressHeader;
    private readonly delegate* unmanaged[Cdecl]<nint, byte*, CULong, byte*, int, int, int, int, int, int> decompress;
    private readonly delegate* unmanaged[Cdecl]<nint, byte*> getErrorText;
    private readonly delegate* unmanaged[Cdecl]<nint, int> getErrorCode;
    private readonly delegate* unmanaged[Cdecl]<nint, int> destroy;

    private TurboJpeg(string name, nint library)
    {
        Name = name;
        initDecompress = (delegate* unmanaged[Cdecl]<nint>)NativeLibrary.GetExport(library, "tjInitDecompress");
        decompressHeader = (delegate* unmanaged[Cdecl]<nint, byte*, CULong, int*, int*, int*, int*, int>)
            NativeLibrary.GetExport(library, "tjDecompressHeader3");
        decompress = (delegate* unmanaged[Cdecl]<nint, byte*, CULong, byte*, int, int, int, int, int, int>)
            NativeLibrary.GetExport(library, "tjDecompress2");
        getErrorText = (delegate* unmanaged[Cdecl]<nint, byte*>)NativeLibrary.GetExport(library, "tjGetErrorStr2");
        getErrorCode = (delegate* unmanaged[Cdecl]<nint, int>)NativeLibrary.GetExport(library, "tjGetErrorCode");
        destroy = (delegate* unmanaged[Cdecl]<nint, int>)NativeLibrary.GetExport(library, "tjDestroy");
    }

    /// <summary>The names that the library has on this system, the usual one first.</summary>
    public static string[] Names { get; } =
        OperatingSystem.IsWindows() ? ["turbojpeg.dll", "libturbojpeg.dll"]
        : OperatingSystem.IsMacOS() ? ["libturbojpeg.0.dylib", "/opt/homebrew/lib/libturbojpeg.0.dylib"]
        : ["libturbojpeg.so.0", "libturbojpeg.so"];

    /// <summary>The library; null if this machine has none that is new enough.</summary>
    public static TurboJpeg? Library => Found.Value;

    public string Name { get; }

    public RgbImage Decode(ImageFile file, ImageHeader header)
    {
        var handle = initDecompress();
        if (handle == 0)
            throw new InvalidOperationException($"{Name} gives no decoder");
        RgbImage? image = null;
        try
        {
            fixed (byte* bytes = file.Bytes)
            {
                int width, height, subsampling, space;
                var length = new CULong((nuint)file.Bytes.Length);
                if (decompressHeader(handle, bytes, length, &width, &height, &subsampling, &space) != 0)
                    Check(handle, file);
                // What memory is taken for must be what the library writes.
                if ((width, height) != (header.Width, header.Height))
                    throw file.Damaged($"is damaged: it has headers of {header.Width} x {header.Height} and of {width} x {height} pixels");

                image = new(width, height);
                var isCmyk = space is SpaceCmyk or SpaceYcck;
                fixed (byte* pixels = image.Memory)
                {
                    var format = isCmyk ? PixelsCmyk : PixelsRgbx;
                    if (decompress(handle, bytes, length, pixels, width, image.Stride, height, format, 0) != 0)
                        Check(handle, file);
                }
                if (isCmyk)
                    ConvertCmyk(image);
                return image;
            }
        }
        catch
        {
            image?.Dispose();
            throw;
        }
        finally
        {
            _ = destroy(handle);
        }
    }

    private static TurboJpeg? Find()
    {
        foreach (var name in Names)
        {
            if (!NativeLibrary.TryLoad(name, typeof(TurboJpeg).Assembly, null, out var library))
                continue;
            try
            {
                return new(name, library);
            }
            catch (EntryPointNotFoundException)
            {
                NativeLibrary.Free(library);
            }
        }
        return null;
    }

    /// <summary>
    /// Throws what the library found. It only warns of pixels that it had to make up, and of bytes between segments: these cost no pixel.
    /// </summary>
    private void Check(nint handle, ImageFile file)
    {
        var text = Marshal.PtrToStringUTF8((nint)getErrorText(handle)) ?? "no reason given";
        if (getErrorCode(handle) == ErrorIsWarning && text.Contains("extraneous bytes before marker", StringComparison.Ordinal))
            return;
        throw file.Damaged($"is damaged: {text}");
    }

    /// <summary>
    /// The colours of inks as PIL converts them. Files hold inks inverted, as Adobe's programs write them: 255 is none.
    /// </summary>
    private static void ConvertCmyk(RgbImage image)
    {
        for (var y = 0; y < image.Height; y++)
        {
            var row = image.Row(y);
            for (var place = 0; place < row.Length; place += RgbImage.BytesPerPixel)
            {
                var pixel = row.Slice(place, RgbImage.BytesPerPixel);
                var light = pixel[3];
                for (var ink = 0; ink < 3; ink++)
                    pixel[ink] = (byte)(light - Scale(255 - pixel[ink], light));
            }
        }
    }

    /// <summary>a * b / 255, rounded.</summary>
    private static int Scale(int a, int b)
    {
        var product = a * b + 128;
        return ((product >> 8) + product) >> 8;
    }
}
