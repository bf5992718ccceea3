using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using Xunit;

namespace KnDsl.Training.Tests.Images;

/// <summary>What PIL makes of images, in the folder Figures; its script says how.</summary>
internal static class Figures
{
    private static readonly IImageDecoder Png = ImageDecoder.Create(JpegLibrary.ImageSharp);

    public static string Folder { get; } = Path.Combine(Repository.Root, "tests", "KnDsl.Training.Tests", "Images", "Figures");

    /// <summary>The list of what was made.</summary>
    public static JsonElement List { get; } = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, "figures.json"))).RootElement;

    public static byte[] Bytes(string file) => File.ReadAllBytes(Path.Combine(Folder, file));

    public static RgbImage Read(string file, IImageDecoder? decoder = null) => (decoder ?? Png).Decode(Bytes(file), file);

    /// <summary>The largest difference between levels of two images of one size.</summary>
    public static int LargestDifference(RgbImage expected, RgbImage actual) => Differences(expected, actual).Max();

    public static double MeanDifference(RgbImage expected, RgbImage actual) => Differences(expected, actual).Average();

    private static IEnumerable<int> Differences(RgbImage expected, RgbImage actual)
    {
        Assert.Equal((expected.Width, expected.Height), (actual.Width, actual.Height));
        return Levels(expected).Zip(Levels(actual), (a, b) => Math.Abs(a - b));
    }

    private static List<byte> Levels(RgbImage image)
    {
        var levels = new List<byte>();
        for (var y = 0; y < image.Height; y++)
        {
            var row = image.Row(y);
            for (var place = 0; place < row.Length; place += RgbImage.BytesPerPixel)
                levels.AddRange(row.Slice(place, 3));
        }
        return levels;
    }
}
