using System;
using System.Linq;
using Xunit;

namespace KnDsl.Training.Tests.Images;

public sealed class TransformTests
{
    public static TheoryData<string> Adjusted { get; } =
        [.. Figures.List.GetProperty("adjust").EnumerateArray().Select(figure => figure.GetProperty("file").GetString()!)];

    public static TheoryData<string, int, int> CenterCrops { get; } = Make();

    [Theory]
    [MemberData(nameof(Adjusted))]
    public void Colours_change_as_in_PIL(string file)
    {
        var figure = Figures.List.GetProperty("adjust").EnumerateArray().Single(figure => figure.GetProperty("file").GetString() == file);
        using var expected = Figures.Read(file);
        using var image = Figures.Read("source.png");
        image.Crop(new(20, 10, 32, 32));
        var factor = figure.GetProperty("factor").GetDouble();
        switch (figure.GetProperty("kind").GetString())
        {
            case "Brightness":
                ColorJitter.AdjustBrightness(image, factor);
                break;
            case "Contrast":
                ColorJitter.AdjustContrast(image, factor);
                break;
            default:
                ColorJitter.AdjustSaturation(image, factor);
                break;
        }
        Assert.Equal(0, Figures.LargestDifference(expected, image));
    }

    [Theory]
    [MemberData(nameof(CenterCrops))]
    public void Resize_and_center_crop_are_torchvision_s(string file, int resize, int crop)
    {
        using var expected = Figures.Read(file);
        using var together = new ResizeCenterCrop(resize, crop).Apply(Figures.Read("source.png"), new(0, 0, 0));
        using var apart = new Compose(new Resize(resize), new CenterCrop(crop)).Apply(Figures.Read("source.png"), new(0, 0, 0));
        Assert.Equal(0, Figures.LargestDifference(expected, together));
        Assert.Equal(0, Figures.LargestDifference(expected, apart));
    }

    [Fact]
    public void Factors_of_colours_keep_their_range_and_differ()
    {
        var means = Enumerable.Range(0, 200).Select(index =>
        {
            using var image = Flat(100, 100, 100);
            using var changed = new ColorJitter(brightness: 0.4).Apply(image, new(1, 0, index));
            return (int)changed.Row(0)[0];
        }).ToArray();
        Assert.InRange(means.Min(), 60, 66);
        Assert.InRange(means.Max(), 134, 140);
    }

    [Fact]
    public void Crops_have_the_areas_and_aspects_of_torchvision()
    {
        var transform = new RandomResizedCrop(224);
        var areas = Enumerable.Range(0, 4000).Select(index => transform.Draw(500, 375, new(3, 0, index))).ToArray();
        Assert.All(areas, area => Assert.True(
            area.Left >= 0 && area.Top >= 0 && area.Left + area.Width <= 500 && area.Top + area.Height <= 375));
        Assert.All(areas, area => Assert.InRange(area.Width / (double)area.Height, 0.745, 1.345));
        Assert.All(areas, area => Assert.InRange(area.Width * area.Height / (500.0 * 375), 0.079, 1.0));
        var expected = Figures.List.GetProperty("crop");
        Assert.Equal(expected.GetProperty("area").GetDouble(), areas.Average(area => area.Width * area.Height / (500.0 * 375)), 0.01);
        Assert.Equal(expected.GetProperty("left").GetDouble(), areas.Average(area => area.Left), 4.0);
        Assert.Equal(expected.GetProperty("top").GetDouble(), areas.Average(area => area.Top), 3.0);
    }

    [Theory]
    [InlineData(1000, 10, 13, 10)]
    [InlineData(10, 1000, 10, 13)]
    [InlineData(1, 1, 1, 1)]
    public void A_crop_that_fits_nowhere_is_the_middle(int width, int height, int partWidth, int partHeight)
    {
        var area = new RandomResizedCrop(8, scale: (0.9, 1)).Draw(width, height, new(0, 0, 0));
        Assert.Equal(new((width - partWidth) / 2, (height - partHeight) / 2, partWidth, partHeight), area);
    }

    [Fact]
    public void A_flip_reverses_half_of_the_images()
    {
        var flipped = 0;
        for (var index = 0; index < 1000; index++)
        {
            using var image = Figures.Read("resize-tiny-bilinear.png");
            var first = image.Row(2)[..3].ToArray();
            using var result = new RandomHorizontalFlip().Apply(image, new(5, 1, index));
            var isFlipped = result.Row(2).Slice(6 * RgbImage.BytesPerPixel, 3).SequenceEqual(first);
            Assert.True(isFlipped || result.Row(2)[..3].SequenceEqual(first));
            flipped += isFlipped ? 1 : 0;
        }
        Assert.InRange(flipped, 440, 560);
    }

    [Fact]
    public void Random_numbers_depend_on_seed_epoch_and_index()
    {
        static double First(long seed, long epoch, long index) => new ItemRandom(seed, epoch, index).NextDouble();
        Assert.Equal(First(1, 2, 3), First(1, 2, 3));
        var numbers = from seed in new long[] { -1, 0, 1, 2 } from epoch in new long[] { 0, 1, 2 } from index in new long[] { -1, 0, 1, 2 }
                      select First(seed, epoch, index);
        Assert.Equal(4 * 3 * 4, numbers.Distinct().Count());
        Assert.InRange(Enumerable.Range(0, 10_000).Average(index => First(0, 0, index)), 0.49, 0.51);
        var counts = Enumerable.Range(0, 7000).GroupBy(index => new ItemRandom(0, 0, index).NextInteger(7)).ToArray();
        Assert.Equal([0L, 1, 2, 3, 4, 5, 6], counts.Select(group => group.Key).Order());
        Assert.All(counts, group => Assert.InRange(group.Count(), 880, 1120));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(21)]
    public void Values_are_normalized_in_planes(int width)
    {
        using var image = new RgbImage(width, 2);
        for (var y = 0; y < 2; y++)
        {
            for (var place = 0; place < width * RgbImage.BytesPerPixel; place++)
                image.Row(y)[place] = (byte)(37 * place + 101 * y);
        }
        var values = new float[3 * 2 * width];
        Normalize.ImageNet.Write(image, values);
        for (var channel = 0; channel < 3; channel++)
        {
            var (mean, std) = ((double[])[0.485, 0.456, 0.406], (double[])[0.229, 0.224, 0.225]);
            for (var y = 0; y < 2; y++)
            {
                for (var x = 0; x < width; x++)
                {
                    var level = image.Row(y)[x * RgbImage.BytesPerPixel + channel];
                    Assert.Equal((level / 255.0 - mean[channel]) / std[channel], values[(channel * 2 + y) * width + x], 1e-6);
                }
            }
        }
    }

    [Fact]
    public void Settings_out_of_range_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new RandomResizedCrop(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RandomResizedCrop(8, scale: (1, 0.5)));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RandomResizedCrop(8, ratio: (0, 1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ColorJitter(contrast: double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RandomHorizontalFlip(1.5));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Resize(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Normalize([0, 0, 0], [1, 0, 1]));
        Assert.Throws<ArgumentException>(() => new Normalize([0], [1]));
        Assert.Throws<ArgumentException>(() => Normalize.ImageNet.Write(new(2, 2), new float[11]));
    }

    private static RgbImage Flat(byte red, byte green, byte blue)
    {
        var image = new RgbImage(4, 4);
        for (var y = 0; y < 4; y++)
        {
            for (var x = 0; x < 4; x++)
                ((ReadOnlySpan<byte>)[red, green, blue, 0]).CopyTo(image.Row(y)[(x * RgbImage.BytesPerPixel)..]);
        }
        return image;
    }

    private static TheoryData<string, int, int> Make()
    {
        var data = new TheoryData<string, int, int>();
        foreach (var figure in Figures.List.GetProperty("centerCrop").EnumerateArray())
        {
            data.Add(
                figure.GetProperty("file").GetString()!, figure.GetProperty("resize").GetInt32(), figure.GetProperty("crop").GetInt32());
        }
        return data;
    }
}
