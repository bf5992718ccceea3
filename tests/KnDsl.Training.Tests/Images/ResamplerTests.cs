using System;
using System.Linq;
using System.Text.Json;
using Xunit;

namespace KnDsl.Training.Tests.Images;

public sealed class ResamplerTests
{
    public static TheoryData<string> Files { get; } =
        [.. Figures.List.GetProperty("resize").EnumerateArray().Select(figure => figure.GetProperty("file").GetString()!)];

    [Theory]
    [MemberData(nameof(Files))]
    public void Values_are_those_of_PIL(string file)
    {
        var figure = Figures.List.GetProperty("resize").EnumerateArray().Single(figure => figure.GetProperty("file").GetString() == file);
        using var source = Figures.Read("source.png");
        using var expected = Figures.Read(file);
        using var actual = Resampler.Resize(
            source, figure.GetProperty("width").GetInt32(), figure.GetProperty("height").GetInt32(),
            Enum.Parse<Resampling>(figure.GetProperty("filter").GetString()!), BoxOf(figure.GetProperty("box")));
        Assert.Equal(0, Figures.LargestDifference(expected, actual));
    }

    [Fact]
    public void What_lies_outside_of_a_crop_does_not_count()
    {
        var area = new PixelArea(31, 17, 40, 30);
        using var cropped = Figures.Read("source.png");
        cropped.Crop(area);
        using var copied = new RgbImage(area.Width, area.Height);
        for (var y = 0; y < area.Height; y++)
            cropped.Row(y).CopyTo(copied.Row(y));

        using var expected = Resampler.Resize(copied, 13, 11, Resampling.Bicubic);
        using var actual = Resampler.Resize(cropped, 13, 11, Resampling.Bicubic);
        using var reachingOut = Resampler.Resize(
            Figures.Read("source.png"), 13, 11, Resampling.Bicubic, new(31, 17, 71, 47));
        Assert.Equal(0, Figures.LargestDifference(expected, actual));
        Assert.NotEqual(0, Figures.LargestDifference(expected, reachingOut));
    }

    [Fact]
    public void A_part_of_the_result_is_that_part_of_the_whole()
    {
        var part = new PixelArea(7, 3, 21, 13);
        using var source = Figures.Read("source.png");
        using var whole = Resampler.Resize(source, 45, 27, Resampling.Bicubic);
        whole.Crop(part);
        using var actual = Resampler.Resize(source, 45, 27, part, Resampling.Bicubic);
        Assert.Equal(0, Figures.LargestDifference(whole, actual));
    }

    [Theory]
    [InlineData(-1, 0, 10, 10)]
    [InlineData(0, 0, 98, 10)]
    [InlineData(5, 0, 5, 10)]
    [InlineData(0, float.NaN, 5, 10)]
    public void A_box_beyond_the_image_is_refused(float left, float top, float right, float bottom)
    {
        using var source = Figures.Read("source.png");
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => Resampler.Resize(source, 4, 4, box: new(left, top, right, bottom)));
        Assert.Contains("must lie in the image of 97 x 61 pixels", error.Message, StringComparison.Ordinal);
    }

    private static PixelBox? BoxOf(JsonElement box) => box.ValueKind == JsonValueKind.Null ? null
        : new(box[0].GetSingle(), box[1].GetSingle(), box[2].GetSingle(), box[3].GetSingle());
}
