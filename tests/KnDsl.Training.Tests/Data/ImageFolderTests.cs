using System;
using System.IO;
using System.Linq;
using System.Text;
using KnDsl.Training.Tests.Images;
using Xunit;

namespace KnDsl.Training.Tests.Data;

public sealed class ImageFolderTests : IDisposable
{
    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Classes_and_images_are_in_torchvision_s_order()
    {
        foreach (var name in new[] { "b/2.png", "b/10.png", "B/x.JPG", "a/z.webp", "a/sub/a.jpeg", "a/y.tif", "a/notes.txt", "a/s.png" })
            folder.Add($"train/{name}", Figures.Bytes("source.png"));
        folder.Add("train/README.md", []);
        using var data = new ImageFolder(folder.Path, "train");
        Assert.Equal(["B", "a", "b"], data.Classes);
        Assert.Equal(
            ["B/x.JPG", "a/s.png", "a/y.tif", "a/z.webp", "a/sub/a.jpeg", "b/10.png", "b/2.png"],
            Enumerable.Range(0, (int)data.Count).Select(index => Path.GetRelativePath(folder.At("train"), data.NameOf(index))));
        Assert.Equal([0L, 1, 1, 1, 1, 2, 2], Enumerable.Range(0, 7).Select(index => data.LabelOf(index)));
    }

    [Fact]
    public void An_item_is_the_transformed_image_with_its_label_and_name()
    {
        folder.Add("a/1.png", Figures.Bytes("baseline.jpg.png"));
        folder.Add("b/1.png", Figures.Bytes("source.png"));
        using var data = new ImageFolder(folder.Path, transform: new CenterCrop(20, 30));
        var item = data.Get(1, new(0, 0, 1));
        Assert.Equal((30, 20, 1L, folder.At("b/1.png")), (item.Image.Width, item.Image.Height, item.Label, item.Name));
    }

    [Fact]
    public void A_folder_that_is_no_data_set_is_refused_with_what_is_there()
    {
        Check(() => new ImageFolder(folder.At("none")), folder.At("none"), "there is no such folder");
        Check(() => new ImageFolder(folder.Path), folder.Path, "has no folder, expected one for each class; the folder is empty");
        folder.Add("file.txt", []);
        Check(() => new ImageFolder(folder.At("file.txt")), folder.At("file.txt"),
            "is a file, expected a folder with a folder for each class");
        Check(() => new ImageFolder(folder.Path), folder.Path, "has no folder, expected one for each class; it has 'file.txt'");
        folder.Add("training/a/1.png", []);
        Check(() => new ImageFolder(folder.Path, "train"), folder.Path, "has no folder 'train'; it has 'file.txt', 'training'");
        folder.Add("train/a/1.png", []);
        for (var file = 0; file < 7; file++)
            folder.Add($"train/b/{file}.txt", []);
        Check(() => new ImageFolder(folder.Path, "train"), folder.At("train/b"),
            "is an empty class: no file in it ends in .jpg, .jpeg, .png, .ppm, .bmp, .pgm, .tif, .tiff, .webp; "
                + "it has '0.txt', '1.txt', '2.txt', '3.txt', '4.txt' and 2 more");
        Directory.Delete(folder.At("train/b"), recursive: true);
        Directory.CreateDirectory(folder.At("train/.cache"));
        Check(() => new ImageFolder(folder.Path, "train"), folder.At("train/.cache"),
            "is an empty class: no file in it ends in .jpg, .jpeg, .png, .ppm, .bmp, .pgm, .tif, .tiff, .webp; the folder is empty");
    }

    [Fact]
    public void Splits_must_have_the_same_classes_where_that_is_asked_for()
    {
        foreach (var name in new[] { "train/a/1.png", "train/b/1.png", "train/c/1.png", "val/a/1.png", "val/c/1.png" })
            folder.Add(name, []);
        using var train = new ImageFolder(folder.Path, "train");
        Check(() => new ImageFolder(folder.Path, "val", classes: train.Classes), folder.At("val"),
            "its 2 classes are not the 3 expected: 'b' is missing, so that labels would mean other classes");
        folder.Add("val/x/1.png", []);
        Check(() => new ImageFolder(folder.Path, "val", classes: train.Classes), folder.At("val"),
            "its 3 classes are not the 3 expected: 'b' is missing, 'x' is not expected, so that labels would mean other classes");
    }

    [Fact]
    public void A_damaged_or_missing_image_is_named()
    {
        folder.Add("a/1.jpg", Encoding.ASCII.GetBytes("no image at all"));
        folder.Add("a/2.jpg", Figures.Bytes("baseline.jpg")[..700]);
        folder.Add("a/3.jpg", Figures.Bytes("baseline.jpg"));
        folder.Add("a/4.jpg", []);
        using var data = new ImageFolder(folder.Path);
        File.Delete(folder.At("a/3.jpg"));
        CheckItem(data, 0, folder.At("a/1.jpg"), "is a text file that begins 'no image at all', expected an image");
        CheckItem(data, 1, folder.At("a/2.jpg"), "is cut off: it has 700 bytes and ends before the end of the JPEG image");
        CheckItem(data, 2, folder.At("a/3.jpg"), "is missing");
        CheckItem(data, 3, folder.At("a/4.jpg"), "is empty, expected an image");
        using var small = new ImageFolder(folder.Path, decoder: ImageDecoder.Create(limits: new() { MaxBytes = 699 }));
        CheckItem(small, 1, folder.At("a/2.jpg"), "is too large: it has 700 bytes, and may have 699");
        Directory.Delete(folder.At("a"), recursive: true);
        CheckItem(data, 1, folder.At("a/2.jpg"), "is missing");
    }

    internal static void Check(Func<object> make, string path, string problem)
    {
        var error = Assert.Throws<DatasetException>(make);
        Assert.Equal($"{path}: {problem}", error.Message);
        Assert.Equal(path, error.Path);
    }

    private static void CheckItem(ImageFolder data, long index, string path, string problem)
    {
        var error = Assert.Throws<DamagedFileException>(() => data.Get(index, new(0, 0, index)));
        Assert.Equal($"{path}: {problem}", error.Message);
        Assert.Equal((path, null), (error.Path, error.Entry));
    }
}
