using System;
using System.Linq;
using System.Text;

namespace KnDsl.Training;

/// <summary>Tells by its first bytes what a file is: an image of a kind that is read here, or what else.</summary>
internal static class FileSigns
{
    private const int TextLength = 32;

    private static readonly (string Start, ImageFormat Format)[] Images =
    [
        ("\u00ff\u00d8\u00ff", ImageFormat.Jpeg),
        ("\u0089PNG\r\n\u001a\n", ImageFormat.Png),
        ("BM", ImageFormat.Bmp),
        ("P2", ImageFormat.Pnm), ("P3", ImageFormat.Pnm), ("P5", ImageFormat.Pnm), ("P6", ImageFormat.Pnm),
        ("II*\0", ImageFormat.Tiff), ("MM\0*", ImageFormat.Tiff),
    ];

    private static readonly (int Offset, string Mark, string Description)[] Others =
    [
        (0, "GIF8", "a GIF image"),
        (4, "ftypheic", "a HEIC image"), (4, "ftypmif1", "a HEIC image"), (4, "ftypavif", "an AVIF image"),
        (4, "ftyp", "a film or an image of the MP4 family"),
        (4, "jP  \r\n", "a JPEG 2000 image"),
        (4, "JXL ", "a JPEG XL image"), (0, "\u00ff\u000a", "a JPEG XL image"),
        (0, "%PDF", "a PDF"),
        (0, "PK\u0003\u0004", "a zip archive"), (0, "\u001f\u008b", "compressed by gzip"), (257, "ustar", "a tar archive"),
        (0, "\u0093NUMPY", "a NumPy array"),
        (0, "version https://git-lfs", "a pointer of Git LFS, which says where the file is ('git lfs pull' brings it)"),
    ];

    /// <summary>The kind of an image; null if it is none that is read here.</summary>
    public static ImageFormat? FormatOf(ReadOnlySpan<byte> bytes)
    {
        if (Begins(bytes, 0, "RIFF") && Begins(bytes, 8, "WEBP"))
            return ImageFormat.Webp;
        foreach (var (start, format) in Images)
        {
            if (Begins(bytes, 0, start))
                return format;
        }
        return null;
    }

    /// <summary>What a file is that is no image of these kinds.</summary>
    public static string Describe(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return "is empty, expected an image";
        foreach (var (offset, mark, description) in Others)
        {
            if (Begins(bytes, offset, mark))
                return $"is {description}, expected JPEG, PNG, BMP, PPM, TIFF or WebP";
        }
        return bytes[..Math.Min(bytes.Length, 512)].IndexOfAnyExcept((byte)0) < 0
            ? "begins with zeros, expected an image: its contents were lost, or not written"
            : TextOf(bytes) is { } text ? $"is a text file that begins '{text}', expected an image"
            : $"begins with the bytes {Convert.ToHexString(bytes[..Math.Min(bytes.Length, 4)])}, which no image begins with";
    }

    private static bool Begins(ReadOnlySpan<byte> bytes, int offset, string mark)
    {
        if (bytes.Length < offset + mark.Length)
            return false;
        for (var place = 0; place < mark.Length; place++)
        {
            if (bytes[offset + place] != mark[place])
                return false;
        }
        return true;
    }

    /// <summary>The beginning of a text, on one line; null if the bytes are none.</summary>
    private static string? TextOf(ReadOnlySpan<byte> bytes)
    {
        var start = Encoding.UTF8.GetString(bytes[..Math.Min(bytes.Length, 4 * TextLength)]).TrimStart('\ufeff').TrimEnd('\ufffd');
        if (start.Any(letter => letter == '\ufffd' || (char.IsControl(letter) && letter is not ('\r' or '\n' or '\t'))))
            return null;
        var line = string.Join(' ', start.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= TextLength ? line : line[..TextLength] + "...";
    }
}
