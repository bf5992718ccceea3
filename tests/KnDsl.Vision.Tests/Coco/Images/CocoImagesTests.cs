using System;
using System.IO;
using System.Linq;
using System.Text;
using KnDsl.Training;
using Xunit;

namespace KnDsl.Vision.Tests.Coco;

[Collection(TorchTests.Name)]
public sealed class CocoImagesTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    /// <summary>Three images of 8 x 6 pixels and categories with gaps: two objects and a crowd, none, and a crowd alone.</summary>
    public CocoImagesTests()
    {
        CocoImage[] images = [new(5, "a.ppm", 8, 6), new(9, "b.ppm", 8, 6), new(2, "c.ppm", 8, 6)];
        CocoCategory[] categories = [new(90, "dog", null, 0), new(17, "cat", null, 0)];
        var crowd = new CocoSegmentation(CocoMask.FromBox(new(0, 0, 4, 4), 6, 8));
        CocoAnnotations.Write(Json, images, categories,
        [
            new(1, images[0], categories[0], new(1, 2, 3, 4), 12, false, new CocoSegmentation([1.0, 2, 4, 2, 4, 6, 1, 6])),
            new(2, images[0], categories[1], new(0, 0, 4, 4), 16, true, crowd),
            new(3, images[0], categories[1], new(-0.5, 0, 2.5, 6.75), 15, false, new CocoSegmentation([0.0, 0, 2, 0, 2, 6, 0, 6])),
            new(4, images[2], categories[0], new(0, 0, 4, 4), 16, true, crowd),
        ]);
        foreach (var image in images)
            WritePicture(image.FileName, 8, 6);
    }

    private string Json => folder["instances.json"];

    private static ItemRandom Random => new(1, 0, 0);

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Objects_have_labels_without_gaps_boxes_in_the_image_and_masks()
    {
        var data = new CocoImages(folder.Path, CocoAnnotations.Read(Json), masks: true);
        Assert.Equal(3, data.Count);
        Assert.Equal(Path.Combine(folder.Path, "a.ppm"), data.NameOf(0));
        using var item = data.Get(0, Random);
        // Ids in their order: the cat's 17, the dog's 90.
        Assert.Equal([1L, 0L], item.Objects.Select(found => found.Label));
        Assert.Equal("dog", data.Annotations.CategoryOfLabel(1)!.Name);
        Assert.Equal([new PixelBox(1, 2, 4, 6), new PixelBox(0, 0, 2, 6)], item.Objects.Select(found => found.Box));
        Assert.Equal([12, 12], item.Objects.Select(found => found.Mask!.Values.Sum(value => value)));
        Assert.Equal(1, item.Objects[0].Mask!.Values[2 * 8 + 1]);
    }

    [Fact]
    public void Crowds_are_left_out_and_images_without_objects_stay()
    {
        var data = new CocoImages(folder.Path, CocoAnnotations.Read(Json), labelOf: category => category.Id);
        using var loader = new DataLoader<DetectionItem, DetectionBatch>(
            data, new DetectionCollator(Normalize.ImageNet, 8), new() { BatchSize = 3 });
        using var batch = loader.Read(0).Single();
        Assert.Equal([2L, 0, 0], batch.Targets.Select(target => target.Count));
        Assert.Equal([90L, 17], batch.Targets[0].Labels.data<long>());
        Assert.Null(batch.Targets[0].Masks);
        Assert.Equal([0L, 4], batch.Targets[1].Boxes.shape);
    }

    [Fact]
    public void A_file_that_is_missing_or_of_another_size_is_named()
    {
        File.Delete(folder["a.ppm"]);
        WritePicture("b.ppm", 6, 8);
        var data = new CocoImages(folder.Path, CocoAnnotations.Read(Json));
        Assert.Equal($"{folder["a.ppm"]}: is missing", Assert.Throws<DamagedFileException>(() => data.Get(0, Random)).Message);
        Assert.Equal(
            $"{folder["b.ppm"]}: has 6 x 8 pixels, expected 8 x 6, as {Json} says",
            Assert.Throws<DamagedFileException>(() => data.Get(1, Random)).Message);

        using var loader = new DataLoader<DetectionItem, DetectionBatch>(
            data, new DetectionCollator(Normalize.ImageNet, 8), new() { BatchSize = 1, Damaged = DamagedItems.Skip });
        foreach (var batch in loader.Read(0))
            batch.Dispose();
        Assert.Equal(2, loader.Skipped.Count);
    }

    /// <summary>Not only with the first image.</summary>
    [Fact]
    public void A_folder_that_is_not_there_is_refused_at_once()
    {
        var set = CocoAnnotations.Read(Json);
        Refused(folder["none"], "there is no such folder");
        Refused(Json, "is a file, expected the folder of the images");

        void Refused(string path, string problem)
        {
            Assert.Equal($"{path}: {problem}", Assert.Throws<DatasetException>(() => new CocoImages(path, set)).Message);
            // Else all images would be left out.
            var options = new CocoReadOptions { ImageFolder = path, BadEntries = BadEntries.Skip };
            Assert.Equal($"{path}: {problem}", Assert.Throws<DatasetException>(() => CocoAnnotations.Read(Json, options)).Message);
        }
    }

    [Fact]
    public void An_object_without_an_outline_is_refused_where_masks_are_asked_for()
    {
        var image = new CocoImage(1, "a.ppm", 8, 6);
        var category = new CocoCategory(1, "dog", null, 0);
        CocoAnnotations.Write(Json, [image], [category], [new(7, image, category, new(1, 2, 3, 4), 12, false, null)]);
        var set = CocoAnnotations.Read(Json);
        Assert.Equal(1, new CocoImages(folder.Path, set).Count);
        var error = Assert.Throws<CocoException>(() => new CocoImages(folder.Path, set, masks: true));
        Assert.Equal(
            $"{Json}: annotation 7: 'segmentation' is missing, expected an outline of each object", error.Message);
    }

    private void WritePicture(string name, int width, int height)
    {
        var head = Encoding.ASCII.GetBytes($"P6\n{width} {height}\n255\n");
        File.WriteAllBytes(folder[name], [.. head, .. new byte[3 * width * height]]);
    }
}
