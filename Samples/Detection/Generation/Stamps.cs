using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using KnDsl.Training;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.PixelFormats;

namespace KnDsl.Samples.Detection.Generation;

/// <summary>Photographs with opacity of Tux Paint's stamps.</summary>
internal static class Stamps
{
    /// <summary>The folder of Debian's package.</summary>
    public const string SystemFolder = "/usr/share/tuxpaint/stamps";

    /// <summary>The categories that a folder of stamps has, for training or for evaluation.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="isHeldOut">Whether for evaluation.</param>
    /// <exception cref="RunFileException">A picture cannot be read, or there is none of any category.</exception>
    public static ObjectKind[] In(string folder, bool isHeldOut)
    {
        ObjectKind[] found =
        [
            .. from kind in StampKind.All
               let cutOuts = Files(folder, kind, isHeldOut).Select(Read).OfType<CutOut>().ToArray()
               where cutOuts.Length > 0
               select new ObjectKind(kind.Id, kind.Name, kind.Group)
               {
                   CutOuts = cutOuts,
                   Turn = kind.Turn,
                   MayBeMirrored = kind.MayBeMirrored,
               },
        ];
        return found.Length > 0 ? found : throw new RunFileException(
            folder, $"has no {(isHeldOut ? "held-out " : "")}stamps of Tux Paint, such as {StampKind.All[0].Folders[0]}/*.png.");
    }

    private static IEnumerable<string> Files(string folder, StampKind kind, bool isHeldOut) =>
        (from inner in kind.Folders
         let place = Path.Combine(folder, inner)
         where Directory.Exists(place)
         from file in Directory.EnumerateFiles(place, "*.png", SearchOption.AllDirectories)
         let name = $"/{Path.ChangeExtension(Path.GetRelativePath(folder, file), null).Replace('\\', '/')}"
         where !kind.Except.Any(except => name.Contains(except, StringComparison.Ordinal))
         where kind.HeldOut.Any(held => name.EndsWith(held, StringComparison.Ordinal)) == isHeldOut
         select (Name: name, File: file))
        .OrderBy(stamp => stamp.Name, StringComparer.Ordinal).Select(stamp => stamp.File);

    private static CutOut? Read(string file)
    {
        try
        {
            using var image = Image.Load<Rgba32>(file);
            return CutOut.Of(Pyramid.PixelsOf(image), image.Width);
        }
        catch (Exception e) when (e is ImageFormatException or IOException or UnauthorizedAccessException)
        {
            throw new RunFileException(file, $"cannot be read as a picture: {e.Message}", e);
        }
    }
}
