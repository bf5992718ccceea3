using System;
using System.Linq;
using System.Text.Json;
using Xunit;

namespace KnDsl.Vision.Tests.Coco.Masks;

public sealed class CocoMaskTests
{
    public static TheoryData<int> MaskNumbers => [.. Enumerable.Range(0, Figures.Masks.GetProperty("masks").GetArrayLength())];

    public static TheoryData<int> PairNumbers => [.. Enumerable.Range(0, Figures.Masks.GetProperty("pairs").GetArrayLength())];

    public static TheoryData<int> PolygonNumbers => [.. Enumerable.Range(0, Figures.Masks.GetProperty("polygons").GetArrayLength())];

    [Theory, MemberData(nameof(MaskNumbers))]
    public void A_picture_has_its_runs_string_area_and_box_and_comes_back(int number)
    {
        var expected = Figures.Masks.GetProperty("masks")[number];
        var rows = expected.GetProperty("rows").EnumerateArray().Select(row => row.GetString()!).ToArray();
        var pixels = rows.SelectMany(row => row.Select(pixel => (byte)(pixel == '#' ? 1 : 0))).ToArray();
        var mask = CocoMask.Encode(pixels, rows.Length, rows[0].Length);
        Assert.Equal(expected.GetProperty("counts").Integers(), mask.Counts.ToArray());
        Assert.Equal(expected.GetProperty("compressed").GetString(), mask.ToCompressed());
        Assert.Equal(expected.GetProperty("area").GetInt32(), mask.Area);
        Assert.Equal(BoxOf(expected.GetProperty("box")), mask.Box);
        Assert.Equal(pixels, mask.Decode());
        Assert.Equal(mask, CocoMask.Parse(mask.Height, mask.Width, mask.ToCompressed()));
        Assert.Equal(mask, CocoMask.FromCounts(mask.Height, mask.Width, mask.Counts));
        Assert.Equal(mask, CocoMask.Encode([.. pixels.Select(pixel => pixel != 0)], mask.Height, mask.Width));
    }

    [Theory, MemberData(nameof(PairNumbers))]
    public void Two_masks_have_their_union_intersection_and_IoU(int number)
    {
        var expected = Figures.Masks.GetProperty("pairs")[number];
        var (first, second) = (MaskOf(expected, "first"), MaskOf(expected, "second"));
        Assert.Equal(MaskOf(expected, "union"), CocoMask.Union(first, second));
        Assert.Equal(MaskOf(expected, "intersection"), CocoMask.Intersection(first, second));
        Assert.Equal(expected.GetProperty("iou").GetDouble(), CocoMask.IoU(first, second), 1e-12);
        Assert.Equal(expected.GetProperty("crowdIou").GetDouble(), CocoMask.IoU(first, second, truthIsCrowd: true), 1e-12);
        Assert.Equal(first, CocoMask.Union(first, first));
        Assert.Equal(first.Area > 0 ? 1 : 0, CocoMask.IoU(first, first));
    }

    [Theory, MemberData(nameof(PolygonNumbers))]
    public void A_polygon_has_COCO_s_pixels(int number)
    {
        var expected = Figures.Masks.GetProperty("polygons")[number];
        var (height, width) = (expected.GetProperty("height").GetInt32(), expected.GetProperty("width").GetInt32());
        var mask = CocoMask.FromPolygon(expected.GetProperty("corners").Numbers(), height, width);
        Assert.True(
            expected.GetProperty("counts").Integers().AsSpan().SequenceEqual(mask.Counts), expected.GetProperty("name").GetString());
    }

    [Fact]
    public void Several_polygons_are_their_union()
    {
        var mask = CocoMask.FromPolygons([[0, 0, 4, 0, 4, 4, 0, 4], [2, 2, 6, 2, 6, 6, 2, 6]], 8, 8);
        Assert.Equal(28, mask.Area);
        Assert.Equal(new CocoBox(0, 0, 6, 6), mask.Box);
        Assert.Equal(CocoMask.FromBox(new(2, 1, 3, 4), 8, 8), CocoMask.FromPolygon([2, 1, 5, 1, 5, 5, 2, 5], 8, 8));
    }

    [Fact]
    public void Runs_of_length_0_join_their_neighbours()
    {
        var mask = CocoMask.FromCounts(2, 3, [0, 1, 0, 2, 1, 0, 2]);
        Assert.Equal([0, 3, 3], mask.Counts.ToArray());
        Assert.Equal(CocoMask.FromCounts(2, 3, [0, 3, 3, 0]), mask);
    }

    [Fact]
    public void Runs_that_do_not_fit_are_refused()
    {
        Check("the counts of the RLE add up to 5, expected 2 x 3 = 6 pixels", () => CocoMask.FromCounts(2, 3, [2, 3]));
        Check("the counts of the RLE add up to more than 6, expected 2 x 3 = 6 pixels",
            () => CocoMask.FromCounts(2, 3, [2, 3, int.MaxValue]));
        Check("the counts of the RLE add up to 0, expected 2 x 3 = 6 pixels", () => CocoMask.FromCounts(2, 3, []));
        Check("counts[1] of the RLE is -3, expected a length of at least 0", () => CocoMask.FromCounts(2, 3, [4, -3, 5]));
        Check("a mask of 0 x 3 pixels, expected at least one and at most 2147483647", () => CocoMask.FromCounts(0, 3, []));
        Check("a mask of 65536 x 65536 pixels, expected at least one and at most 2147483647", () => CocoMask.FromCounts(65536, 65536, [0]));
    }

    [Fact]
    public void A_string_that_is_damaged_is_refused()
    {
        Check("the compressed RLE ends in the middle of a number, after 1 counts", () => CocoMask.Parse(2, 3, "2X"));
        Check("character 2 of the compressed RLE is '!', expected one from '0' to 'o'", () => CocoMask.Parse(2, 3, "2!4"));
        Check("character 2 of the compressed RLE is 'p', expected one from '0' to 'o'", () => CocoMask.Parse(2, 3, "2p4"));
        Check("counts[0] of the compressed RLE is longer than any run", () => CocoMask.Parse(2, 3, new('o', 99)));
        Check("counts[3] of the compressed RLE is -1, expected a length of at least 0", () => CocoMask.Parse(2, 3, "222M"));
        Check("the counts of the RLE add up to 4, expected 2 x 3 = 6 pixels", () => CocoMask.Parse(2, 3, "22"));
    }

    [Fact]
    public void Corners_that_are_no_polygon_are_refused()
    {
        Check("a polygon has 2 corners, expected at least 3", () => CocoMask.FromPolygon([1, 1, 2, 2], 9, 9));
        Check("a polygon has 0 corners, expected at least 3", () => CocoMask.FromPolygon([], 9, 9));
        Check("a polygon has 7 numbers, expected two for each corner", () => CocoMask.FromPolygon([1, 1, 2, 2, 3, 3, 4], 9, 9));
        Check("a polygon has a corner at NaN, expected at most 100000 pixels",
            () => CocoMask.FromPolygon([1, 1, 2, 2, 3, double.NaN], 9, 9));
        Check("a polygon has a corner at 1E+300, expected at most 100000 pixels", () => CocoMask.FromPolygon([1, 1, 2, 2, 3, 1e300], 9, 9));
        Check("there is no polygon, expected at least one", () => CocoMask.FromPolygons([], 9, 9));
    }

    [Fact]
    public void Masks_of_two_sizes_are_not_compared()
    {
        var error = Assert.Throws<ArgumentException>(() => CocoMask.IoU(CocoMask.FromCounts(2, 3, [6]), CocoMask.FromCounts(3, 2, [6])));
        Assert.Equal("masks of 2 x 3 and of 3 x 2 pixels are not of one image", error.Message);
        Assert.Throws<ArgumentException>(() => CocoMask.Encode(new byte[5], 2, 3));
        Assert.Throws<ArgumentException>(() => CocoMask.FromCounts(2, 3, [6]).Decode(new byte[7]));
    }

    [Fact]
    public void Boxes_have_their_IoU_and_that_of_crowds()
    {
        var (first, second) = (new CocoBox(0, 0, 10, 10), new CocoBox(5, 0, 10, 20));
        Assert.Equal(50 / 250.0, CocoBox.IoU(first, second));
        Assert.Equal(50 / 100.0, CocoBox.IoU(first, second, truthIsCrowd: true));
        Assert.Equal(0, CocoBox.IoU(first, new(10, 0, 10, 10)));
        Assert.Equal(0, CocoBox.IoU(default, default));
        Assert.Equal(new CocoBox(3, 5, 7, 11), CocoBox.FromCorners(3, 5, 10, 16));
        Assert.Equal((10, 16, 77), (new CocoBox(3, 5, 7, 11).Right, new CocoBox(3, 5, 7, 11).Bottom, new CocoBox(3, 5, 7, 11).Area));
    }

    private static void Check(string message, Func<CocoMask> make) => Assert.Equal(message, Assert.Throws<FormatException>(make).Message);

    private static CocoMask MaskOf(JsonElement pair, string name) => CocoMask.FromCounts(
        pair.GetProperty("height").GetInt32(), pair.GetProperty("width").GetInt32(), pair.GetProperty(name).Integers());

    private static CocoBox BoxOf(JsonElement numbers) => numbers.Integers() is [var x, var y, var width, var height]
        ? new(x, y, width, height) : throw new FormatException();
}
