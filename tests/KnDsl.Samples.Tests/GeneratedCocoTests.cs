using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using KnDsl.Samples.Detection.Generation;
using KnDsl.Vision;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.PixelFormats;
using Xunit;

namespace KnDsl.Samples.Tests;

[Collection(nameof(GeneratedCoco))]
public sealed class GeneratedCocoTests(GeneratedCoco made)
{
    [Theory]
    [InlineData("train", 120)]
    [InlineData("val", 40)]
    [InlineData("unseen", 60)]
    public void A_set_is_read_and_has_all_that_COCO_has(string part, int count)
    {
        var set = GeneratedCoco.Read(made.Data, part);
        Assert.Equal(count, set.Images.Count);
        Assert.Equal([8, 17, 18, 21, 22, 25, 27], set.Categories.Select(category => category.Id));
        Assert.All(set.Images, image =>
        {
            Assert.InRange(image.Width, 160, 320);
            Assert.InRange(image.Height, 160, 320);
            using var picture = Image.Load<Rgb24>(Path.Combine(made.Data, part, image.FileName));
            Assert.Equal((image.Width, image.Height), (picture.Width, picture.Height));
        });
        Assert.Contains(set.Images, image => set.AnnotationsOf(image).Count == 0);
        Assert.Contains(set.Annotations, annotation => annotation.IsCrowd);
        Assert.Contains(set.Annotations, annotation => !annotation.IsCrowd && annotation.Segmentation!.Mask is not null);
        Assert.Contains(set.Annotations, annotation => annotation.Segmentation!.Polygons.Count == 1);
        Assert.All(set.Categories, category => Assert.Contains(set.Annotations, annotation => annotation.Category == category));
        double[] sides = [.. set.Annotations.Select(annotation => Math.Max(annotation.Box.Width, annotation.Box.Height))];
        Assert.InRange(sides.Min(), 5, 20);
        Assert.InRange(sides.Max(), 90, 320);
    }

    [Theory]
    [InlineData("train")]
    [InlineData("val")]
    [InlineData("unseen")]
    public void Areas_and_boxes_are_those_of_the_masks_and_no_pixel_has_two_objects(string part)
    {
        var set = GeneratedCoco.Read(made.Data, part);
        Assert.All(set.Images, image =>
        {
            var masks = set.AnnotationsOf(image).Select(annotation =>
            {
                var mask = annotation.ToMask()!;
                Assert.Equal((mask.Area, mask.Box), (annotation.Area, annotation.Box));
                return mask;
            }).ToArray();
            Assert.Equal(masks.Sum(mask => mask.Area), Count(UnionOf(masks, image)));
        });
    }

    [Theory]
    [InlineData("train")]
    [InlineData("val")]
    [InlineData("unseen")]
    public void Masks_are_where_the_picture_shows_the_objects(string part)
    {
        // Coins have one strong color, and backgrounds another; what is on their edges is between the two.
        bool isGrey = part == "train", isRed = part != "unseen";
        var set = GeneratedCoco.Read(made.Data, part);
        Assert.All(set.Images, image =>
        {
            using var picture = Image.Load<Rgb24>(Path.Combine(made.Data, part, image.FileName));
            var annotations = set.AnnotationsOf(image);
            var around = Grown(UnionOf([.. annotations.Select(annotation => annotation.ToMask()!)], image), image, 4);
            AssertNearlyAll(Places(around, image, isIn: false), place => IsBackground(picture[place.X, place.Y]));
            foreach (var coin in annotations.Where(annotation => annotation.Category.Id == 8))
            {
                var outside = Grown(Array.ConvertAll(coin.ToMask()!.Decode(), pixel => pixel == 0), image, 4);
                AssertNearlyAll(Places(outside, image, isIn: false), place => IsCoin(picture[place.X, place.Y]));
            }
        });

        // JPEG carries a little color over the edges of its blocks.
        static void AssertNearlyAll((int X, int Y)[] places, Predicate<(int X, int Y)> isRight) =>
            Assert.InRange(Array.FindAll(places, place => !isRight(place)).Length, 0, 0.002 * places.Length + 4);

        bool IsBackground(Rgb24 color) => isGrey
            ? Math.Max(Math.Abs(color.R - color.G), Math.Abs(color.B - color.G)) < 75
            : color.B > 1.5 * color.R && color.B > 1.5 * color.G;

        bool IsCoin(Rgb24 color) => isRed ? color.R > 1.8 * color.G : color.G > 1.8 * color.R;
    }

    [Fact]
    public void Objects_hide_parts_of_others()
    {
        // A coin that is whole is as wide as it is high and fills pi / 4 of its box, or a little less with its hole.
        var set = GeneratedCoco.Read(made.Data, "train");
        var coins = set.Annotations.Where(annotation => annotation.Category.Id == 8 && !annotation.IsCrowd).ToArray();
        Assert.Contains(coins, coin => coin.Area / coin.Box.Area < 0.65 && IsWithin(coin));
        Assert.Contains(coins, coin => coin.Area / coin.Box.Area > 0.7 && IsWithin(coin));

        static bool IsWithin(CocoAnnotation of) =>
            of.Box is { X: > 0, Y: > 0 } && of.Box.Right < of.Image.Width && of.Box.Bottom < of.Image.Height;
    }

    [Fact]
    public void The_seed_decides_every_image_however_many_there_are()
    {
        foreach (var (name, settings) in new[] { ("fewer", made.Settings with { Train = 5, Val = 2, Unseen = 0 }),
            ("other", made.Settings with { Train = 5, Val = 2, Unseen = 1, Seed = 2 }) })
        {
            GenerateCommand.Make(made.In(name), settings);
        }
        Assert.False(Directory.Exists(made.In("fewer/unseen")));
        Assert.Single(GeneratedCoco.Read(made.In("other"), "unseen").Images);
        var (all, fewer) = (GeneratedCoco.Read(made.Data, "train"), GeneratedCoco.Read(made.In("fewer"), "train"));
        Assert.Equal(all.Annotations.Take(fewer.Annotations.Count).Select(Numbers), fewer.Annotations.Select(Numbers));
        foreach (var image in fewer.Images)
        {
            Assert.Equal(Bytes(made.Data), Bytes(made.In("fewer")));
            Assert.NotEqual(Bytes(made.In("other")), Bytes(made.In("fewer")));

            byte[] Bytes(string data) => File.ReadAllBytes(Path.Combine(data, "train", image.FileName));
        }

        static object Numbers(CocoAnnotation of) => (of.Id, of.Image, of.Category, of.Box, of.Area, of.IsCrowd, of.ToMask());
    }

    [Fact]
    public void Without_any_source_garments_are_on_drawn_backgrounds_and_it_says_so()
    {
        var (code, output, error) = GeneratedCoco.Run(
            "generate", made.In("plain"), "--train", "20", "--val", "10", "--unseen", "5", "--installed", "false");
        Assert.Equal((0, ""), (code, error));
        var lines = output.Split('\n');
        Assert.Equal($"5 categories are in {made.In("plain")}: shirt, trouser, dress, bag, boot", lines[0]);
        Assert.Contains("apt-get install tuxpaint-stamps-default", lines[1], StringComparison.Ordinal);
        Assert.Contains("--digits FILE", lines[2], StringComparison.Ordinal);
        Assert.Contains("--photographs FOLDER", lines[3], StringComparison.Ordinal);
        Assert.Equal(20, GeneratedCoco.Read(made.In("plain"), "train").Images.Count);
        Assert.Equal(10, GeneratedCoco.Read(made.In("plain"), "val").Images.Count);
        Assert.Equal(5, GeneratedCoco.Read(made.In("plain"), "unseen").Images.Count);
    }

    /// <summary>Most languages have capital letters between the small ones.</summary>
    [Fact]
    public void The_order_of_stamps_does_not_depend_on_the_language()
    {
        var folder = made.In("ordered");
        foreach (var (name, side) in new[] { ("a", 10), ("B", 11), ("c", 12) })
            CocoSources.WriteStamp(Path.Combine(folder, $"symbols/money/{name}.png"), side);
        var before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo("de-DE");
            var coins = Assert.Single(Stamps.In(folder, isHeldOut: false));
            Assert.Equal([11, 10, 12], coins.CutOuts.Select(coin => coin.Picture.Width));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void A_source_that_cannot_be_used_is_an_error_and_leaves_nothing()
    {
        File.WriteAllText(made.In("damaged.csv.gz"), "no gzip");
        Directory.CreateDirectory(made.In("damaged/animals/birds"));
        File.WriteAllText(made.In("damaged/animals/birds/owl.png"), "no picture");
        Directory.CreateDirectory(made.In("few"));
        File.WriteAllText(made.In("few/a.jpg"), "");
        foreach (var (option, value, expected) in new[]
        {
            ("--stamps", made.In("nowhere"), $"{made.In("nowhere")}: is not there."),
            ("--stamps", made.In("few"), $"{made.In("few")}: has no stamps of Tux Paint, such as animals/birds/*.png."),
            ("--stamps", made.In("damaged"), $"{made.In("damaged/animals/birds/owl.png")}: cannot be read as a picture: "),
            ("--digits", made.In("damaged.csv.gz"), $"{made.In("damaged.csv.gz")}: cannot be read as scikit-learn's digits: "),
            ("--photographs", made.In("nowhere"), $"{made.In("nowhere")}: no photographs can be read from it: "),
            ("--photographs", made.In("few"), $"{made.In("few")}: has 1 photographs (*.jpg, *.jpeg, *.png), expected at least 4"),
        })
        {
            var (code, _, error) = GeneratedCoco.Run("generate", made.In("bad"), "--installed", "false", option, value);
            Assert.Equal(1, code);
            Assert.StartsWith(expected, error, StringComparison.Ordinal);
            Assert.Empty(Directory.GetFileSystemEntries(made.In("."), "bad*"));
        }
    }

    [Fact]
    public void Nothing_is_written_over_and_nothing_half_written_is_left()
    {
        var (code, _, error) = GeneratedCoco.Run("generate", made.Data);
        var expected = $"{made.Data}: there is something already, and nothing is written over it. Name another folder.";
        Assert.Equal((1, expected), (code, error));

        // A file is where the folder should be made.
        File.WriteAllText(made.In("file"), "");
        (code, _, error) = GeneratedCoco.Run(
            "generate", made.In("file/set"), "--installed", "false", "--train", "1", "--val", "1", "--unseen", "1");
        Assert.Equal(1, code);
        Assert.StartsWith($"{made.In("file/set")}: cannot be written: ", error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetDirectories(made.In("."), "*.unfinished"));
    }

    [Fact]
    public void What_a_killed_generation_left_is_not_in_the_next_set()
    {
        Directory.CreateDirectory(made.In("again.unfinished/train"));
        File.WriteAllText(made.In("again.unfinished/train/000000000009.jpg"), "");
        GenerateCommand.Make(made.In("again"), made.Settings with { Train = 2, Val = 1, Unseen = 1 });
        Assert.Equal(2, Directory.GetFiles(made.In("again/train")).Length);
        Assert.False(Directory.Exists(made.In("again.unfinished")));
    }

    private static bool[] UnionOf(IReadOnlyList<CocoMask> masks, CocoImage image)
    {
        var union = new bool[image.Width * image.Height];
        foreach (var mask in masks)
        {
            var pixels = mask.Decode();
            for (var i = 0; i < union.Length; i++)
                union[i] |= pixels[i] != 0;
        }
        return union;
    }

    private static int Count(bool[] pixels) => pixels.Count(pixel => pixel);

    private static bool[] Grown(bool[] pixels, CocoImage image, int by)
    {
        var grown = new bool[pixels.Length];
        foreach (var (x, y) in Places(pixels, image, isIn: true))
        {
            var (left, right) = (Math.Max(0, x - by), Math.Min(image.Width - 1, x + by));
            for (var row = Math.Max(0, y - by); row <= Math.Min(image.Height - 1, y + by); row++)
                Array.Fill(grown, true, row * image.Width + left, right - left + 1);
        }
        return grown;
    }

    private static (int X, int Y)[] Places(bool[] pixels, CocoImage image, bool isIn) =>
        [.. Enumerable.Range(0, pixels.Length).Where(i => pixels[i] == isIn).Select(i => (i % image.Width, i / image.Width))];
}
