using System;
using System.IO;
using System.Linq;
using KnDsl.Samples.ImageNet;
using KnDsl.Samples.ImageNet.Pictures;
using KnDsl.Training;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.PixelFormats;
using Xunit;

namespace KnDsl.Samples.Tests;

[Collection(nameof(GeneratedImages))]
public sealed class GenerateTests(GeneratedImages images)
{
    [Fact]
    public void A_set_has_all_classes_and_photographs_of_many_sizes()
    {
        var folders = Directory.GetDirectories(Path.Combine(images.Data, "train"));
        Assert.True(folders.Length >= 20);
        Assert.All(folders, folder => Assert.Equal(6, Directory.GetFiles(folder).Length));
        folders = Directory.GetDirectories(Path.Combine(images.Data, "val"));
        Assert.All(folders, folder => Assert.Equal(2, Directory.GetFiles(folder).Length));
        var all = GeneratedImages.Images(images.Data);
        Assert.InRange(all.Select(file => Image.Identify(file).Size()).Distinct().Count(), all.Length / 2, all.Length);
    }

    [TurboJpegFact]
    public void Some_are_grey_and_some_are_in_CMYK()
    {
        var kinds = GeneratedImages.Images(images.Data).CountBy(GeneratedImages.ChannelsOf).ToDictionary();
        Assert.Equal([1, 3, 4], kinds.Keys.Order());
        Assert.All(kinds.Values, count => Assert.InRange(count, 4, int.MaxValue));
    }

    [Fact]
    public void Without_libturbojpeg_those_in_CMYK_are_in_colors()
    {
        var without = images.In("without");
        GenerateCommand.Make(without, new GenerateSettings { Train = 6, Val = 2 }, inks: null);
        var (with, these) = (GeneratedImages.Images(images.Data), GeneratedImages.Images(without));
        Assert.Equal(
            with.Select(file => Path.GetRelativePath(images.Data, file)), these.Select(file => Path.GetRelativePath(without, file)));
        Assert.All(with.Zip(these), pair =>
        {
            if (GeneratedImages.ChannelsOf(pair.First) == 4)
                Assert.Equal(3, GeneratedImages.ChannelsOf(pair.Second));
            else
                Assert.Equal(File.ReadAllBytes(pair.First), File.ReadAllBytes(pair.Second));
        });
    }

    [TurboJpegFact]
    public void A_picture_in_CMYK_is_read_by_both_decoders_as_it_was()
    {
        using var picture = new Image<Rgb24>(61, 43);
        for (var y = 0; y < 43; y++)
        {
            for (var x = 0; x < 61; x++)
                picture[x, y] = new((byte)(x * 4), (byte)(y * 5), (byte)(x + y < 20 ? 0 : 230 - x - y));
        }
        var bytes = CmykEncoder.Find()!.Encode(picture, quality: 98, hasHalfColor: false);
        foreach (var library in new[] { JpegLibrary.TurboJpeg, JpegLibrary.ImageSharp })
        {
            using var read = ImageDecoder.Create(library).Decode(bytes, "cmyk.jpg");
            var differences = from y in Enumerable.Range(0, 43)
                              from x in Enumerable.Range(0, 61)
                              let pixel = read.Row(y).Slice(4 * x, 3).ToArray()
                              let color = picture[x, y]
                              from pair in pixel.Zip(new[] { color.R, color.G, color.B })
                              select Math.Abs(pair.First - pair.Second);
            Assert.InRange(differences.Average(), 0, 2.5);
        }
    }

    [Fact]
    public void Nothing_is_written_over_and_nothing_half_written_is_left()
    {
        var (code, _, error) = GeneratedImages.Run("generate", images.Data);
        var expected = $"{images.Data}: there is something already, and nothing is written over it. Name another folder.";
        Assert.Equal((1, expected), (code, error));

        // A file is where the folder should be made.
        File.WriteAllText(images.In("file"), "");
        (code, _, error) = GeneratedImages.Run("generate", images.In("file/set"));
        Assert.Equal(1, code);
        Assert.StartsWith($"{images.In("file/set")}: cannot be written: ", error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetDirectories(images.In("."), "*.unfinished"));
    }

    [Fact]
    public void What_a_killed_generation_left_is_not_in_the_next_set()
    {
        var left = Directory.CreateDirectory(images.In("again.unfinished/train/disc")).FullName;
        File.WriteAllText(Path.Combine(left, "00009.jpg"), "");
        var (code, _, error) = GeneratedImages.Run("generate", images.In("again"), "--train", "2", "--val", "1");
        Assert.Equal((0, ""), (code, error));
        Assert.All(Directory.GetDirectories(images.In("again/train")), folder => Assert.Equal(2, Directory.GetFiles(folder).Length));
        Assert.False(Directory.Exists(images.In("again.unfinished")));
    }
}
