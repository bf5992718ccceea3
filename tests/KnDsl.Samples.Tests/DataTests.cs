using System;
using System.IO;
using System.Linq;
using KnDsl.Samples.FashionMnist;
using KnDsl.Samples.FashionMnist.Data;
using Xunit;

namespace KnDsl.Samples.Tests;

public sealed class DataTests : IDisposable
{
    private readonly DataFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Reads_what_was_written()
    {
        byte[] pixels = [.. Enumerable.Range(0, 3 * 4 * 8).Select(i => (byte)i)];
        folder.Write(DataFolder.TrainingImages, DataFolder.Idx(pixels, 3, 4, 8));
        folder.Write(DataFolder.TrainingLabels, DataFolder.Idx([9, 0, 5], 3));
        var set = ImageSet.Training(folder.Path);
        Assert.Equal((3, 4, 8), (set.Count, set.Height, set.Width));
        Assert.Equal(pixels, set.Pixels);
        Assert.Equal([9, 0, 5], set.Labels);

        var first = set.Take(2);
        Assert.Equal(pixels[..64], first.Pixels);
        Assert.Equal([9, 0], first.Labels);
        Assert.Same(set, set.Take(4));
    }

    [Fact]
    public void Has_the_images_that_come_with_the_repository()
    {
        ImageSet training = ImageSet.Training(Options.OwnData), test = ImageSet.Test(Options.OwnData);
        Assert.Equal((12_000, 28, 28), (training.Count, training.Height, training.Width));
        Assert.Equal((10_000, 28, 28), (test.Count, test.Height, test.Width));
        // The published set has 1,000 test images a class; its pixels have this mean and deviation in [0, 1].
        Assert.All(test.Labels.CountBy(label => label), group => Assert.Equal(1_000, group.Value));
        var (mean, deviation) = TensorSet.MeasureScale(training);
        Assert.Equal(0.286, mean, 0.003);
        Assert.Equal(0.353, deviation, 0.003);
        Assert.Contains("MIT", File.ReadAllText(Path.Combine(Options.OwnData, "LICENSE")), StringComparison.Ordinal);
    }

    [Fact]
    public void Says_which_file_is_missing()
    {
        File.Delete(folder.In(DataFolder.TrainingLabels));
        Fails(DataFolder.TrainingLabels, "the file does not exist");
        var error = Assert.Throws<DataException>(() => ImageSet.Test(folder.In("nowhere")));
        var file = Path.Combine("nowhere", "t10k-images-idx3-ubyte.gz");
        Assert.EndsWith($"{file}: the file does not exist", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Says_that_a_file_is_not_compressed()
    {
        folder.WriteRaw(DataFolder.TrainingLabels, DataFolder.Idx(new byte[96], 96));
        Fails(DataFolder.TrainingLabels, "it is not a gzip file: it does not begin with the bytes 1f 8b");
        folder.WriteRaw(DataFolder.TrainingLabels, []);
        Fails(DataFolder.TrainingLabels, "the file is empty");
        folder.WriteRaw(DataFolder.TrainingLabels, [0x1f]);
        Fails(DataFolder.TrainingLabels, "it is not a gzip file: it does not begin with the bytes 1f 8b");
    }

    [Fact]
    public void Says_that_compressed_data_is_damaged()
    {
        var file = File.ReadAllBytes(folder.In(DataFolder.TrainingImages));
        file[10] = 0xff;
        folder.WriteRaw(DataFolder.TrainingImages, file);
        Fails(DataFolder.TrainingImages, "its gzip data is damaged");
    }

    [Fact]
    public void Notices_a_wrong_checksum()
    {
        var file = File.ReadAllBytes(folder.In(DataFolder.TrainingImages));
        file[^8] ^= 1;
        folder.WriteRaw(DataFolder.TrainingImages, file);
        Fails(DataFolder.TrainingImages, "its gzip data is damaged");
    }

    [Fact]
    public void Refuses_every_truncation()
    {
        var file = File.ReadAllBytes(folder.In(DataFolder.TrainingLabels));
        for (var length = 0; length < file.Length; length++)
        {
            folder.WriteRaw(DataFolder.TrainingLabels, file[..length]);
            Fails(DataFolder.TrainingLabels, "");
        }
    }

    [Fact]
    public void Says_what_is_truncated()
    {
        folder.Write(DataFolder.TrainingImages, DataFolder.Idx(new byte[96 * 64 - 1], 96, 8, 8));
        Fails(DataFolder.TrainingImages, "it is truncated: its data (96 x 8 x 8) should have 6144 bytes, found 6143");
        folder.Write(DataFolder.TrainingImages, [0, 0, 8, 3, 0, 0]);
        Fails(DataFolder.TrainingImages, "it is truncated: its header should have 16 bytes, found 6");
        folder.WriteRaw(DataFolder.TrainingImages, [0x1f, 0x8b]);
        Fails(DataFolder.TrainingImages, "it is truncated: it ends after 2 bytes");
        folder.WriteRaw(DataFolder.TrainingImages, DataFolder.Compress(DataFolder.Idx(new byte[64], 1, 8, 8))[..^2]);
        Fails(DataFolder.TrainingImages, "its gzip data does not end with the length of its content: it is truncated");
    }

    [Fact]
    public void Says_that_a_header_is_wrong()
    {
        folder.Write(DataFolder.TrainingImages, [.. "PNG image, really"u8]);
        Fails(DataFolder.TrainingImages, "it is not an IDX file: its magic number is 504e4720, expected 00000803");
        folder.Write(DataFolder.TrainingImages, DataFolder.Idx(new byte[96], 96));
        Fails(DataFolder.TrainingImages, "it has 1 dimensions, expected 3");
        var floats = DataFolder.Idx(new byte[64], 1, 8, 8);
        floats[2] = 0x0d;
        folder.Write(DataFolder.TrainingImages, floats);
        Fails(DataFolder.TrainingImages, "its elements are of type 0d, expected 08 (bytes)");
        folder.Write(DataFolder.TrainingImages, DataFolder.Idx([], 0x10000, 0x10000, 0x10000));
        Fails(DataFolder.TrainingImages, "its header declares 65536 x 65536 x 65536 elements, which no such file has");
        folder.Write(DataFolder.TrainingImages, DataFolder.Idx([], -1, 28, 28));
        Fails(DataFolder.TrainingImages, "its header declares 4294967295 x 28 x 28 elements, which no such file has");
        folder.Write(DataFolder.TrainingImages, DataFolder.Idx(new byte[65], 1, 8, 8));
        Fails(DataFolder.TrainingImages, "it continues after the 64 bytes of data that its header declares");
    }

    [Fact]
    public void Says_that_images_and_labels_do_not_belong_together()
    {
        folder.Write(DataFolder.TrainingLabels, DataFolder.Idx(new byte[95], 95));
        Fails(DataFolder.TrainingLabels, $"it holds 95 labels, but {folder.In(DataFolder.TrainingImages)} holds 96 images");
        folder.Write(DataFolder.TrainingLabels, DataFolder.Idx([.. new byte[95], 10], 96));
        Fails(DataFolder.TrainingLabels, "label 95 is 10, expected 0 to 9");
        folder.Write(DataFolder.TrainingImages, DataFolder.Idx(new byte[96 * 49], 96, 7, 7));
        Fails(DataFolder.TrainingImages, "its images are 7 x 7, expected multiples of 4, such as 28 x 28");
        folder.Write(DataFolder.TrainingImages, DataFolder.Idx([], 0, 8, 8));
        Fails(DataFolder.TrainingImages, "it holds no images");
    }

    private void Fails(string file, string problem)
    {
        var error = Assert.Throws<DataException>(() => ImageSet.Training(folder.Path));
        Assert.StartsWith($"{folder.In(file)}: {problem}", error.Message, StringComparison.Ordinal);
    }
}
