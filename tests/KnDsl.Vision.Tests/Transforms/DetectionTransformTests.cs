using System;
using System.Linq;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Vision.Tests;

public sealed class DetectionTransformTests : ReferenceTest
{
    [Theory]
    [MemberData(nameof(Reference.Names), "transforms", "batch", MemberType = typeof(Reference))]
    public void Batches_are_torchvisions(string name)
    {
        var reference = Reference.Load("transforms", name);
        var transform = new DetectionTransform(
            reference.Integer("short"), reference.Integer("long"), multiple: reference.Integer("multiple"));
        var images = reference.Tensors("images");
        var targets = Targets(reference);
        using (var batch = transform.Apply([.. images.Take(2)], [.. targets.Take(2)]))
        {
            Same(reference.Tensor("batch"), batch.Images, name);
            Assert.Equal(SizesOf(reference, "sizes"), batch.Sizes);
            for (var image = 0; image < 2; image++)
            {
                var kept = WithArea(reference, image);
                Same(reference.Tensors("resized boxes")[image][kept], batch.Targets[image].Boxes, "boxes");
                Equal(reference.Tensors("resized masks")[image][kept], batch.Targets[image].Masks!, "masks");
                Equal(targets[image].Labels, batch.Targets[image].Labels, "labels");
            }
        }

        using var alone = transform.Apply(images);
        Assert.Equal(reference.Numbers("shape of three").Select(size => (long)size), alone.Images.shape);
        Assert.Equal(SizesOf(reference, "sizes of three"), alone.Sizes);
        Assert.Equal(new ImageSize((int)alone.Images.size(2), (int)alone.Images.size(3)), alone.PaddedSize);
        Assert.Empty(alone.Targets);
    }

    [Fact]
    public void An_image_without_objects_keeps_empty_tensors()
    {
        var reference = Reference.Load("transforms", "batch 12 20 8");
        using var batch = new DetectionTransform(12, 20, multiple: 8).Apply(reference.Tensors("images"), Targets(reference));
        Assert.Equal([0, 4], batch.Targets[2].Boxes.shape);
        Assert.Equal([0, 4, 20], batch.Targets[2].Masks!.shape);
    }

    [Fact]
    public void A_batch_outlives_scopes_and_frees_its_tensors()
    {
        var reference = Reference.Load("transforms", "batch 12 20 8");
        var (images, targets) = (reference.Tensors("images"), Targets(reference));
        var before = LiveTensors.Count();
        DetectionBatch batch;
        using (NewDisposeScope())
            batch = new DetectionTransform(12, 20).Apply(images, targets);
        Assert.Equal(32, batch.Images.size(2));
        batch.Dispose();
        Assert.Equal(before, LiveTensors.Count());
    }

    [Fact]
    public void Wrong_arguments_are_refused()
    {
        var transform = new DetectionTransform(8, 16);
        var target = new DetectionTarget(ones(1, 4).cumsum(1), zeros(1, ScalarType.Int64), zeros(1, 5, 6));
        Assert.Throws<ArgumentException>(() => transform.Apply([]));
        Assert.Throws<ArgumentException>(() => transform.Apply([zeros(1, 5, 6)]));
        Assert.Throws<ArgumentException>(() => transform.Apply([zeros(5, 6)]));
        Assert.Throws<ArgumentException>(() => transform.Apply([zeros(3, 5, 6).@byte()]));
        Assert.Throws<ArgumentException>(() => transform.Apply([zeros(3, 5, 6)], []));
        var error = Assert.Throws<ArgumentException>(() => transform.Apply([zeros(3, 5, 7)], [target]));
        Assert.StartsWith("Masks has the shape [1, 5, 6], but they are of their image's size, 7 x 5 pixels.", error.Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => new DetectionTransform(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new DetectionTransform(std: [1, 0, 1]));
        Assert.Throws<ArgumentException>(() => new DetectionTransform(std: [1]));
    }

    private static DetectionTarget[] Targets(Reference reference) =>
    [
        .. Enumerable.Range(0, 3).Select(image => (Image: image, Kept: WithArea(reference, image))).Select(of => new DetectionTarget(
            reference.Tensors("boxes")[of.Image][of.Kept], reference.Tensors("labels")[of.Image][of.Kept],
            reference.Tensors("masks")[of.Image][of.Kept])),
    ];

    /// <summary>torchvision's transform takes a box without area too; its networks do not.</summary>
    private static Tensor WithArea(Reference reference, int image) => Boxes.Area(reference.Tensors("boxes")[image]).gt(0);

    private static ImageSize[] SizesOf(Reference reference, string key) =>
        [.. reference.Lists(key).Select(size => new ImageSize((int)size[0], (int)size[1]))];
}
