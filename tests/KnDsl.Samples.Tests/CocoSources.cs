using System;
using System.IO;
using System.Linq;
using KnDsl.Samples.Detection.Generation;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.PixelFormats;

namespace KnDsl.Samples.Tests;

/// <summary>
/// Sources of a generated set whose colors say what they are: coins are red, and green where they are unseen; photographs are grey in
/// training and blue elsewhere. Only coins and digits are there besides garments.
/// </summary>
internal static class CocoSources
{
    private static readonly Rgba32 Red = new(240, 30, 30), Green = new(30, 220, 30), Grey = new(110, 110, 110), Blue = new(60, 60, 220);

    /// <summary>Writes the sources into a folder.</summary>
    /// <returns>Settings that use them and nothing that is installed.</returns>
    public static GenerateSettings WriteTo(string folder)
    {
        // With a hole, as some coins have; and a speck, as cut-out photographs have.
        Write(Path.Combine(folder, "stamps/symbols/money/us/coins/010dime.png"), Stamp(Red, hole: 6));
        Write(Path.Combine(folder, "stamps/symbols/money/us/coins/050half.png"), Stamp(Red, hole: 0));
        Write(Path.Combine(folder, "stamps/symbols/money/us/coins/001penny.png"), Stamp(Green, hole: 6));
        for (var i = 0; i < 8; i++)
            Write(Path.Combine(folder, $"photographs/{i}.png"), new(400, 300, i % 4 == 3 ? Blue : Grey));
        var digits = Enumerable.Range(0, 20).Select(i =>
            $"{string.Join(',', Enumerable.Range(0, 64).Select(place => Ink(place, i % 4)))},{i % 10}\n");
        File.WriteAllBytes(
            Path.Combine(folder, "digits.csv.gz"), DataFolder.Compress(System.Text.Encoding.ASCII.GetBytes(string.Concat(digits))));
        return new()
        {
            Installed = false,
            Stamps = Path.Combine(folder, "stamps"),
            Photographs = Path.Combine(folder, "photographs"),
            Digits = Path.Combine(folder, "digits.csv.gz"),
        };

        static int Ink(int place, int thickness) => Math.Abs(place % 8 - 4) <= 1 + thickness / 2 && place / 8 is > 0 and < 7 ? 16 : 0;
    }

    private static Image<Rgba32> Stamp(Rgba32 color, int hole)
    {
        var image = new Image<Rgba32>(60, 60);
        for (var y = 0; y < 60; y++)
        {
            for (var x = 0; x < 60; x++)
            {
                var radius = Math.Sqrt((x - 29.5) * (x - 29.5) + (y - 29.5) * (y - 29.5));
                image[x, y] = radius < 25 && radius >= hole ? color : default;
            }
        }
        (image[1, 1], image[2, 1]) = (Blue, Blue);
        return image;
    }

    /// <summary>Writes a stamp that is a square.</summary>
    public static void WriteStamp(string file, int side) => Write(file, new(side, side, Red));

    private static void Write(string file, Image<Rgba32> image)
    {
        using (image)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            image.SaveAsPng(file);
        }
    }
}
