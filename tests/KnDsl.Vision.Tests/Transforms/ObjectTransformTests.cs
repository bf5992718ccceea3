using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Training;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Vision.Tests;

/// <summary>
/// Image, box and mask stay together: a bright rectangle is an image's only object, and where the brightness is after a transform is where
/// box and mask have to be.
/// </summary>
public sealed class ObjectTransformTests : ReferenceTest
{
    private static ItemRandom Random(long index = 0) => new(1, 2, index);

    [Theory]
    [InlineData(20, 1000, 30, 20)]
    [InlineData(20, 24, 24, 16)]
    [InlineData(90, 1000, 135, 90)]
    public void Resizing_moves_all_alike(int shortSide, int longSide, int width, int height)
    {
        using var item = new ResizeObjects(longSide, shortSide).Apply(Item(60, 40, new(12, 10, 42, 30)), Random());
        Assert.Equal(new ImageSize(height, width), item.Size);
        var found = Assert.Single(item.Objects);
        Assert.Equal((7, 12f * width / 60, 30f * height / 40), (found.Label, found.Box.Left, found.Box.Bottom));
        Together(item, margin: 1);
    }

    [Fact]
    public void The_size_is_the_one_asked_for_and_sides_are_drawn()
    {
        var transform = new ResizeObjects(1000, 10, 20, 30);
        var sides = Enumerable.Range(0, 50).Select(index =>
        {
            using var item = transform.Apply(Item(60, 40, new(0, 0, 5, 5)), Random(index));
            return item.Size.Height;
        }).ToHashSet();
        Assert.Equal([10, 20, 30], sides.Order());
    }

    [Fact]
    public void A_flip_moves_all_alike()
    {
        using var item = new FlipObjects(1).Apply(Item(60, 40, new(12, 10, 42, 30)), Random());
        Assert.Equal(new PixelBox(18, 10, 48, 30), Assert.Single(item.Objects).Box);
        Together(item, margin: 0);
        using var same = new FlipObjects(0).Apply(Item(60, 40, new(12, 10, 42, 30)), Random());
        Assert.Equal(new PixelBox(12, 10, 42, 30), Assert.Single(same.Objects).Box);
    }

    [Fact]
    public void A_crop_moves_all_alike()
    {
        using var item = CropObjects.Crop(Item(60, 40, new(12, 10, 42, 30)), new(20, 15, 30, 25), leastVisible: 0);
        Assert.Equal(new ImageSize(25, 30), item.Size);
        Assert.Equal(new PixelBox(0, 0, 22, 15), Assert.Single(item.Objects).Box);
        Together(item, margin: 0);
    }

    [Theory]
    [InlineData(0.2, 1)]
    [InlineData(0.3, 0)]
    public void What_is_hardly_visible_is_left_out(double leastVisible, int kept)
    {
        // A quarter of 20 x 20 lies in the part.
        using var item = CropObjects.Crop(Item(60, 40, new(10, 10, 30, 30)), new(20, 20, 30, 20), leastVisible);
        Assert.Equal(kept, item.Objects.Count);
        using var none = CropObjects.Crop(Item(60, 40, new(10, 10, 20, 20)), new(20, 20, 30, 20), leastVisible: 0);
        Assert.Empty(none.Objects);
    }

    [Fact]
    public void Random_crops_have_the_sizes_asked_for()
    {
        var transform = new CropObjects(0.5, 0);
        var sizes = new HashSet<ImageSize>();
        for (var index = 0; index < 50; index++)
        {
            using var item = transform.Apply(Item(60, 40, new(12, 10, 42, 30)), Random(index));
            Assert.InRange(item.Size.Width, 30, 60);
            Assert.InRange(item.Size.Height, 20, 40);
            if (item.Objects.Count > 0)
                Together(item, margin: 0);
            sizes.Add(item.Size);
        }
        Assert.True(sizes.Count > 30);
    }

    [Fact]
    public void A_loader_makes_padded_batches()
    {
        var transform = new ComposeObjects(new ResizeObjects(64, 20), new FlipObjects(1));
        using var loader = new DataLoader<DetectionItem, DetectionBatch>(
            new Items(transform), new DetectionCollator(Normalize.ImageNet, multiple: 16), new() { BatchSize = 2, Threads = 2 });
        var batches = loader.Read(0).ToArray();
        Assert.Equal(2, batches.Length);
        Assert.Equal([2, 3, 32, 48], batches[0].Images.shape);
        Assert.Equal([new(20, 40), new(30, 20)], batches[0].Sizes);
        Assert.Equal(["0", "1"], batches[0].Names);
        var image = batches[0].Images[1];
        Assert.Equal(0, image.narrow(2, 20, 28).abs().sum().item<float>());
        Assert.Equal(0, image.narrow(1, 30, 2).abs().sum().item<float>());
        // White, less the mean and over the deviation, in each channel; the dark of the other side too.
        var target = batches[0].Targets[1];
        Assert.Equal([1, 4], target.Boxes.shape);
        Equal(tensor([7L]), target.Labels, "labels");
        Assert.Equal([1, 30, 20], target.Masks!.shape);
        var inside = image.narrow(1, 0, 30).narrow(2, 0, 20).masked_select(target.Masks[0].ne(0).unsqueeze(0)).view(3, -1);
        Same(tensor(new[] { (1 - 0.485f) / 0.229f, (1 - 0.456f) / 0.224f, (1 - 0.406f) / 0.225f }), inside.amax([1]), "white");
        Assert.Empty(batches[1].Targets[0].Labels.data<long>());
        Assert.Equal([1, 4], target.To(CPU).Boxes.shape);
        Assert.Equal([3L, 3L], batches.Select(batch => batch.Images.size(1)));
        foreach (var batch in batches)
            batch.Dispose();
        Assert.True(target.Boxes.IsInvalid && batches[0].Images.IsInvalid);
    }

    [Fact]
    public void Objects_that_do_not_fit_are_refused()
    {
        var collator = new DetectionCollator(Normalize.ImageNet);
        var (box, mask) = (new PixelBox(0, 0, 5, 5), new ObjectMask(40, 60, new byte[2400]));
        Refused("some objects of the image have a mask and some have none", [new(box, 1, mask), new(box, 1)]);
        Refused("a mask is not of the image's size, 60 x 40 pixels", [new(box, 1, new ObjectMask(4, 6, new byte[24]))]);
        Refused(
            "the box from (5, 2) to (5, 9) of an object has no area: leave the object out", [new(box, 1), new(new(5, 2, 5, 9), 1)]);
        Refused("the box from (9, 9) to (5, 5) of an object has no area: leave the object out", [new(new(9, 9, 5, 5), 1)]);
        Refused("the box from (NaN, 0) to (5, 5) of an object has no area: leave the object out", [new(new(float.NaN, 0, 5, 5), 1)]);
        Refused("an object has the label -1, but labels are at least 0", [new(box, -1)]);

        void Refused(string message, ImageObject[] objects)
        {
            var item = Item(60, 40, box) with { Objects = objects };
            Assert.Equal(message, Assert.Throws<InvalidOperationException>(() => collator.Put(collator.Begin(1), 0, item)).Message);
        }
    }

    [Fact]
    public void An_object_whose_area_is_rounded_away_is_left_out()
    {
        var narrow = new PixelBox(0.000001f, 2, 0.0000015f, 9);
        var item = Item(60, 40, narrow) with { Objects = [new(narrow, 1), new(new(2, 2, 9, 9), 2)] };
        using var flipped = new FlipObjects(1).Apply(item, new(1, 0, 0));
        Assert.Equal(2, Assert.Single(flipped.Objects).Label);
        var next = new PixelBox(30.000006f, 2, 30.000008f, 9);
        using var resized = new ResizeObjects(100, 32).Apply(Item(60, 40, next) with { Objects = [new(next, 1)] }, new(1, 0, 0));
        Assert.Empty(resized.Objects);
    }

    [Fact]
    public void Wrong_arguments_are_refused()
    {
        Assert.Throws<ArgumentException>(() => new ResizeObjects(100));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ResizeObjects(0, 10));
        Assert.Throws<ArgumentOutOfRangeException>(() => new FlipObjects(2));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CropObjects(0));
        Assert.Throws<ArgumentException>(() => new ObjectMask(2, 3, new byte[5]));
        using var item = Item(60, 40, new(0, 0, 5, 5));
        Assert.Throws<ArgumentOutOfRangeException>(() => CropObjects.Crop(item, new(50, 0, 20, 20), 0));
    }

    /// <summary>The bright pixels, the box and the mask are the same rectangle, but for what a resized edge blurs.</summary>
    private static void Together(DetectionItem item, int margin)
    {
        var found = Assert.Single(item.Objects);
        var (width, height) = (item.Size.Width, item.Size.Height);
        for (var y = 0; y < height; y++)
        {
            var row = item.Image.Row(y);
            for (var x = 0; x < width; x++)
            {
                var deep = Inside(margin);
                if (deep != Inside(-margin))
                    continue;
                Assert.Equal((x, y, deep), (x, y, row[RgbImage.BytesPerPixel * x] > 127));
                Assert.Equal((x, y, deep), (x, y, found.Mask!.Values[y * width + x] == 1));

                bool Inside(int by) => x + 0.5 > found.Box.Left + by && x + 0.5 < found.Box.Right - by
                    && y + 0.5 > found.Box.Top + by && y + 0.5 < found.Box.Bottom - by;
            }
        }
    }

    private static DetectionItem Item(int width, int height, PixelBox box)
    {
        var image = new RgbImage(width, height);
        var mask = new byte[width * height];
        for (var y = 0; y < height; y++)
        {
            var row = image.Row(y);
            row.Clear();
            for (var x = (int)box.Left; x < box.Right && y >= box.Top && y < box.Bottom; x++)
            {
                row.Slice(RgbImage.BytesPerPixel * x, RgbImage.BytesPerPixel).Fill(255);
                mask[y * width + x] = 1;
            }
        }
        return new(image, [new(box, 7, new ObjectMask(height, width, mask))], "item");
    }

    private sealed class Items(IObjectTransform transform) : IDataset<DetectionItem>
    {
        public long Count => 3;

        public DetectionItem Get(long index, ItemRandom random)
        {
            var item = index switch
            {
                0 => Item(80, 40, new(8, 8, 40, 24)),
                1 => Item(40, 60, new(4, 4, 30, 30)),
                _ => Item(40, 60, new(4, 4, 30, 30)) with { Objects = [] },
            };
            return transform.Apply(item with { Name = index.ToString(System.Globalization.CultureInfo.InvariantCulture) }, random);
        }
    }
}
