using System;
using KnDsl.Samples.Detection.Generation;
using KnDsl.Vision;
using Xunit;

namespace KnDsl.Samples.Tests;

public sealed class OutlineTests
{
    [Fact]
    public void An_outline_has_the_pixels_of_its_mask()
    {
        var random = new Random(3);
        for (var i = 0; i < 400; i++)
        {
            var (height, width) = (random.Next(1, 24), random.Next(1, 24));
            var pixels = new byte[height * width];
            // From single pixels to filled areas, to all edges of the image.
            var share = random.NextDouble();
            for (var p = 0; p < pixels.Length; p++)
                pixels[p] = (byte)(random.NextDouble() < share ? 1 : 0);
            pixels[random.Next(pixels.Length)] = 1;
            var mask = CocoMask.Encode(pixels, height, width);
            Assert.Equal(mask, Outline.Of(mask).ToMask(height, width));
        }
    }

    [Theory]
    [InlineData("..... .###. .###. .###.", 1, 0)]
    [InlineData("##... ##.#. ...#. ...#.", 2, 0)]
    [InlineData("##... ##... ..##. ..##.", 2, 0)]
    [InlineData("##### #...# #...# #####", 0, 20)]
    [InlineData("##### #.#.# ##.## #####", 0, 20)]
    public void Parts_are_polygons_and_what_has_a_hole_is_RLE(string rows, int polygons, int maskPixels)
    {
        var lines = rows.Split(' ');
        var mask = CocoMask.Encode(Array.ConvertAll(string.Concat(lines).ToCharArray(), c => c == '#'), lines.Length, lines[0].Length);
        var outline = Outline.Of(mask);
        Assert.Equal(polygons, outline.Polygons.Count);
        Assert.Equal(maskPixels, (outline.Mask?.Height ?? 0) * (outline.Mask?.Width ?? 0));
    }

    [Fact]
    public void A_disc_has_few_corners()
    {
        const int side = 100;
        var pixels = new bool[side * side];
        for (var i = 0; i < pixels.Length; i++)
            pixels[i] = Math.Pow(i % side - 50, 2) + Math.Pow(i / side - 50, 2) < 40 * 40;
        var outline = Outline.Of(CocoMask.Encode(pixels, side, side));
        Assert.InRange(outline.Polygons[0].Length / 2, 8, 120);
    }
}
