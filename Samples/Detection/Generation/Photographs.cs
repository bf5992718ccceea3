using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using KnDsl.Training;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.PixelFormats;
using SixLabors.ImageSharp.Processing;

namespace KnDsl.Samples.Detection.Generation;

/// <summary>Photographs for backgrounds, none of which shows an object of a category.</summary>
internal static class Photographs
{
    /// <summary>The shorter side of a photograph in pixels, where it has more.</summary>
    private const int Side = 640;

    /// <summary>Of the photographs in a folder, one in so many is held out.</summary>
    private const int HeldOut = 4;

    private const string Skimage = "/usr/lib/python3/dist-packages/skimage/data/";

    private const string Sklearn = "/usr/lib/python3/dist-packages/sklearn/datasets/images/";

    private const string Backgrounds = "/usr/share/backgrounds/";

    /// <summary>Where the packages named in the README have theirs, and whether only evaluation shows it.</summary>
    private static readonly (string File, bool IsHeldOut)[] Known =
    [
        (Sklearn + "china.jpg", false),
        (Skimage + "astronaut.png", false), (Skimage + "brick.png", false), (Skimage + "camera.png", true),
        (Skimage + "coffee.png", false), (Skimage + "grass.png", false), (Skimage + "gravel.png", true),
        (Skimage + "hubble_deep_field.jpg", false), (Skimage + "motorcycle_left.png", false), (Skimage + "rocket.jpg", true),
        (Backgrounds + "mate/nature/Aqua.jpg", false), (Backgrounds + "mate/nature/Blinds.jpg", false),
        (Backgrounds + "mate/nature/Dune.jpg", false), (Backgrounds + "mate/nature/GreenMeadow.jpg", false),
        (Backgrounds + "mate/nature/RainDrops.jpg", true), (Backgrounds + "mate/nature/Storm.jpg", true),
        (Backgrounds + "mate/nature/Wood.jpg", false),
        (Backgrounds + "Bridge_by_Sander_Klootwijk.jpg", false), (Backgrounds + "Dragonfly_by_Bolly.jpg", false),
        (Backgrounds + "Picture_1A_by_freespace.jpg", false), (Backgrounds + "Wine_by_Jakkub_Mede.jpg", true),
        (Backgrounds + "aitzgorri_by_Aitzol_Berasategi.jpg", false), (Backgrounds + "life_by_Aitzol_Berasategi.jpg", true),
        (Backgrounds + "picosdeeuropa_by_Aitzol_Berasategi.jpg", true), (Backgrounds + "sunset_by_Aitzol_Berasategi.jpg", false),
    ];

    /// <summary>The files of the known packages that are installed.</summary>
    public static IEnumerable<string> Installed(bool isHeldOut) =>
        Known.Where(known => known.IsHeldOut == isHeldOut && File.Exists(known.File)).Select(known => known.File);

    /// <summary>The photographs of a folder and those in it.</summary>
    /// <exception cref="RunFileException">The folder is not there or cannot be read, or has too few for both parts.</exception>
    public static IEnumerable<string> In(string folder, bool isHeldOut)
    {
        string[] files;
        try
        {
            files =
            [
                .. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                    .Where(file => Path.GetExtension(file).ToLowerInvariant() is ".jpg" or ".jpeg" or ".png")
                    .Order(StringComparer.Ordinal),
            ];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RunFileException(folder, $"no photographs can be read from it: {e.Message}", e);
        }
        return files.Length < HeldOut
            ? throw new RunFileException(
                folder, $"has {files.Length} photographs (*.jpg, *.jpeg, *.png), expected at least {HeldOut}: one in {HeldOut} is held out")
            : files.Where((_, i) => i % HeldOut == HeldOut - 1 == isHeldOut);
    }

    /// <summary>Reads a photograph.</summary>
    /// <exception cref="RunFileException">It cannot be read.</exception>
    public static Pyramid Read(string file)
    {
        try
        {
            using var image = Image.Load<Rgba32>(file);
            var scale = Side / (double)Math.Min(image.Width, image.Height);
            if (scale < 1)
                image.Mutate(photograph => photograph.Resize((int)(image.Width * scale), (int)(image.Height * scale)));
            return new(Pyramid.PixelsOf(image), image.Width);
        }
        catch (Exception e) when (e is ImageFormatException or IOException or UnauthorizedAccessException)
        {
            throw new RunFileException(file, $"cannot be read as a picture: {e.Message}", e);
        }
    }
}
