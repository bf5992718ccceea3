using System;
using System.Formats.Tar;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Text;
using KnDsl.Training.Tests.Images;
using Xunit;

namespace KnDsl.Training.Tests.Data;

public sealed class ImageTarTests : IDisposable
{
    private readonly Folder folder = Folder.WithImages();
    private readonly Folder archives = new();

    public void Dispose()
    {
        folder.Dispose();
        archives.Dispose();
    }

    [Theory]
    [InlineData(TarEntryFormat.Pax)]
    [InlineData(TarEntryFormat.Gnu)]
    [InlineData(TarEntryFormat.Ustar)]
    [InlineData(TarEntryFormat.V7)]
    public void A_tar_is_the_folder_that_it_was_made_of(TarEntryFormat format)
    {
        // A name of more than 100 letters needs a header of its own, but in formats that have none.
        if (format is TarEntryFormat.Pax or TarEntryFormat.Gnu)
            folder.Add($"train/a/{new string('n', 120)}.png", Figures.Bytes("source.png"));
        folder.Add("train/b/sub/x.png", Figures.Bytes("source.png"));
        Pack("data.tar", folder.Path, format);
        foreach (var split in new[] { "train", "val" })
        {
            using var expected = new ImageFolder(folder.Path, split, new RandomResizedCrop(8));
            using var actual = new ImageTar(archives.At("data.tar"), split, new RandomResizedCrop(8));
            CheckEqual(expected, actual);
        }
    }

    [Fact]
    public void A_folder_of_tars_named_by_class_is_read_as_ImageNet_s()
    {
        foreach (var name in new[] { "C", "a", "b" })
            Pack($"{name}.tar", folder.At($"train/{name}"), TarEntryFormat.Ustar);
        using var expected = new ImageFolder(folder.Path, "train", new RandomResizedCrop(8));
        using (var actual = new ImageTar(archives.Path, transform: new RandomResizedCrop(8)))
            CheckEqual(expected, actual);

        // The archive that ImageNet comes as: a tar of these.
        using var outer = new Folder();
        TarFile.CreateFromDirectory(archives.Path, outer.At("ILSVRC2012_img_train.tar"), includeBaseDirectory: false);
        using (var actual = new ImageTar(outer.At("ILSVRC2012_img_train.tar"), transform: new RandomResizedCrop(8)))
        {
            CheckEqual(expected, actual);
            Assert.Equal($"{outer.At("ILSVRC2012_img_train.tar")}: entry 'C.tar/00.ppm'", actual.NameOf(0));
        }
    }

    [Fact]
    public void A_class_without_a_split_is_the_folder_that_the_image_is_in()
    {
        Pack("data.tar", folder.At("train"), TarEntryFormat.Pax);
        using var data = new ImageTar(archives.At("data.tar"));
        Assert.Equal(["C", "a", "b"], data.Classes);
    }

    [Fact]
    public void Of_two_entries_of_one_name_the_last_counts()
    {
        using (var writer = new TarWriter(File.Create(archives.At("data.tar"))))
        {
            foreach (var content in new[] { "packed.tif", "source.png" })
                writer.WriteEntry(Entry("./a/1.png", Figures.Bytes(content)));
        }
        using var data = new ImageTar(archives.At("data.tar"));
        Assert.Equal((1L, 97), (data.Count, data.Get(0, new(0, 0, 0)).Image.Width));
    }

    [Fact]
    public void Archives_in_an_archive_may_have_files_of_one_name()
    {
        using (var writer = new TarWriter(File.Create(archives.At("data.tar"))))
        {
            foreach (var name in new[] { "cat", "dog" })
                writer.WriteEntry(Entry($"train/{name}.tar", Inner($"{name}/1.png", $"{name}/2.png")));
        }
        using (var data = new ImageTar(archives.At("data.tar")))
            Assert.Equal((4L, 2), (data.Count, data.Classes.Count));

        using (var writer = new TarWriter(File.Create(archives.At("same.tar"))))
        {
            foreach (var name in new[] { "cat", "dog" })
                writer.WriteEntry(Entry($"{name}.tar", Inner("images/1.png")));
        }
        ImageFolderTests.Check(() => new ImageTar(archives.At("same.tar")), archives.At("same.tar"),
            "class 'images' is in 'cat.tar/images' and in 'dog.tar/images': name the split whose classes are meant");

        byte[] Inner(params string[] names)
        {
            using var stream = new MemoryStream();
            using (var writer = new TarWriter(stream, leaveOpen: true))
            {
                foreach (var name in names)
                    writer.WriteEntry(Entry(name, Figures.Bytes("source.png")));
            }
            return stream.ToArray();
        }
    }

    [Fact]
    public void A_link_may_lead_to_a_link_that_comes_later()
    {
        using (var writer = new TarWriter(File.Create(archives.At("data.tar"))))
        {
            writer.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "a/3.png") { LinkName = "2.png" });
            writer.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "a/2.png") { LinkName = "1.png" });
            writer.WriteEntry(Entry("a/1.png", Figures.Bytes("source.png")));
        }
        using var data = new ImageTar(archives.At("data.tar"));
        Assert.All((long[])[0, 1, 2], index => Assert.Equal(97, data.Get(index, new(0, 0, 0)).Image.Width));
    }

    [Fact]
    public void Links_and_empty_files_are_items_as_in_a_folder()
    {
        using (var writer = new TarWriter(File.Create(archives.At("data.tar"))))
        {
            writer.WriteEntry(new PaxTarEntry(TarEntryType.HardLink, "./b/2.png") { LinkName = "./a/1.png" });
            writer.WriteEntry(Entry("./a/1.png", Figures.Bytes("source.png")));
            writer.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "./b/1.png") { LinkName = "../a/./1.png" });
            writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "./b/0.png"));
        }
        using (var data = new ImageTar(archives.At("data.tar")))
        {
            Assert.Equal(4, data.Count);
            Assert.All((long[])[0, 2, 3], index => Assert.Equal(97, data.Get(index, new(0, 0, 0)).Image.Width));
            var error = Assert.Throws<DamagedFileException>(() => data.Get(1, new(0, 0, 0)));
            Assert.Equal($"{archives.At("data.tar")}: entry 'b/0.png': is empty, expected an image", error.Message);
        }

        using (var writer = new TarWriter(File.Create(archives.At("open.tar"))))
            writer.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "a/1.png") { LinkName = "/data/1.png" });
        ImageFolderTests.Check(() => new ImageTar(archives.At("open.tar")), archives.At("open.tar"),
            "entry 'a/1.png' is a link to '/data/1.png', which is no file in the archive");
    }

    [Fact]
    public void What_is_no_archive_of_images_is_refused()
    {
        void Check(string file, string problem, string? split = null) =>
            ImageFolderTests.Check(() => new ImageTar(archives.At(file), split), archives.At(file), problem);

        Check("none.tar", "there is no such file or folder");
        ImageFolderTests.Check(() => new ImageTar(archives.Path), archives.Path, "has no file whose name ends in .tar");
        archives.Add("empty.tar", []);
        Check("empty.tar", "is empty, expected a tar archive");
        archives.Add("text.tar", Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("This is a text. ", 100))));
        Check("text.tar", "is no tar archive");
        archives.Add("photo.tar", Figures.Bytes("source.png"));
        var photo = Assert.Throws<DatasetException>(() => new ImageTar(archives.At("photo.tar")));
        Assert.StartsWith($"{archives.At("photo.tar")}: cannot be read as a tar archive: ", photo.Message, StringComparison.Ordinal);

        Pack("data.tar", folder.Path, TarEntryFormat.Pax);
        using (var packed = new GZipStream(File.Create(archives.At("packed.tar")), CompressionLevel.Fastest))
            packed.Write(File.ReadAllBytes(archives.At("data.tar")));
        Check("packed.tar",
            "is compressed, so that no entry can be read by itself: uncompress it first (gunzip, bunzip2, unxz or unzstd)");
        Check("data.tar", "has no folder 'test' with a folder for each class; "
            + "images are in 'train/C', 'train/a', 'train/b', 'val/C', 'val/a' and 1 more folders", "test");
        var error = Assert.Throws<DatasetException>(() => new ImageTar(archives.At("data.tar")));
        Assert.Matches("class '.' is in '(train|val)/.' and in '(train|val)/.': name the split whose classes are meant", error.Message);

        archives.Add("notes/notes.tar", []);
        using (var writer = new TarWriter(File.Create(archives.At("notes.tar"))))
            writer.WriteEntry(Entry("a/notes.txt", [1, 2]));
        Check("notes.tar", "has no entry whose name ends in .jpg, .jpeg, .png, .ppm, .bmp, .pgm, .tif, .tiff, .webp");
    }

    /// <summary>Wherever it is cut: in a header, in an image, or in the zeros at the end, where all images are there.</summary>
    [Fact]
    public void An_archive_that_is_cut_off_is_refused()
    {
        Pack("data.tar", folder.At("val"), TarEntryFormat.Ustar);
        var bytes = File.ReadAllBytes(archives.At("data.tar"));
        using var whole = new ImageTar(archives.At("data.tar"));
        var refused = 0;
        int[] lengths = [.. Enumerable.Range(1, bytes.Length - 1).Where(length => length % 512 == 0 || length % 173 == 0)];
        foreach (var length in lengths)
        {
            archives.Add("cut.tar", bytes[..length]);
            try
            {
                using var data = new ImageTar(archives.At("cut.tar"));
                Assert.True(data.Count == whole.Count, $"cut to {length} of {bytes.Length} bytes, {data.Count} images are left");
            }
            catch (DatasetException error)
            {
                Assert.StartsWith($"{archives.At("cut.tar")}: ", error.Message, StringComparison.Ordinal);
                refused++;
            }
        }
        Assert.Equal(lengths.Count(length => length < bytes.Length - 512), refused);
    }

    [Fact]
    public void A_damaged_entry_is_named()
    {
        folder.Add("train/a/0.jpg", Figures.Bytes("baseline.jpg")[..600]);
        Pack("data.tar", folder.Path, TarEntryFormat.Pax);
        using var data = new ImageTar(archives.At("data.tar"), "train");
        var index = Enumerable.Range(0, (int)data.Count).Single(item => data.NameOf(item).Contains("0.jpg", StringComparison.Ordinal));
        var error = Assert.Throws<DamagedFileException>(() => data.Get(index, new(0, 0, 0)));
        Assert.Equal($"{archives.At("data.tar")}: entry 'train/a/0.jpg': is cut off: it has 600 bytes and ends before the end of the "
            + "JPEG image", error.Message);
        Assert.Equal("train/a/0.jpg", error.Entry);
    }

    private static void CheckEqual(ImageDataset expected, ImageDataset actual)
    {
        Assert.Equal(expected.Classes, actual.Classes);
        Assert.Equal(expected.Count, actual.Count);
        for (var index = 0; index < expected.Count; index++)
        {
            var (a, b) = (expected.Get(index, new(1, 2, index)), actual.Get(index, new(1, 2, index)));
            Assert.Equal(a.Label, b.Label);
            Assert.Equal(Path.GetFileName(a.Name), b.Name.Split('/', '\'')[^2]);
            Assert.Equal(0, Figures.LargestDifference(a.Image, b.Image));
        }
    }

    private static PaxTarEntry Entry(string name, byte[] contents) =>
        new(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(contents) };

    private void Pack(string name, string from, TarEntryFormat format)
    {
        using var writer = new TarWriter(File.Create(archives.At(name)), format);
        foreach (var path in Directory.GetFileSystemEntries(from, "*", SearchOption.AllDirectories))
            writer.WriteEntry(path, Path.GetRelativePath(from, path));
    }
}
