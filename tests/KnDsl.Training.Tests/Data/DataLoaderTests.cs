using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using KnDsl.Training.Tests.Images;
using TorchSharp;
using Xunit;

namespace KnDsl.Training.Tests.Data;

public sealed class DataLoaderTests : IDisposable
{
    private static readonly IImageTransform Augmentation = new Compose(
        new RandomResizedCrop(8), new RandomHorizontalFlip(), new ColorJitter(0.4, 0.4, 0.4));

    private static readonly DataLoaderOptions Shuffled = new() { BatchSize = 4, Shuffle = true, Seed = 3 };

    private readonly Folder folder = Folder.WithImages();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Batches_do_not_depend_on_the_number_of_threads(int threads)
    {
        var expected = Expected(2);
        var actual = Read(Shuffled with { Threads = threads, Prefetch = threads }, 2);
        Assert.Equal(5, actual.Count);
        Assert.Equal(expected, actual);
    }

    [Theory]
    [InlineData(7, 8, 1, true, Remainder.Wrap, "has 7 items, and a batch has 8: expected at least 8, or smaller batches")]
    [InlineData(9, 8, 2, true, Remainder.Wrap, "has 9 items for 2 processes, and a batch has 8: expected at least 15, or smaller batches")]
    [InlineData(1, 8, 2, false, Remainder.Drop, "has 1 items for 2 processes, and each needs one: expected at least 2, or fewer processes")]
    [InlineData(8, 8, 1, true, Remainder.Wrap, null)]
    [InlineData(15, 8, 2, true, Remainder.Wrap, null)]
    [InlineData(2, 8, 2, false, Remainder.Drop, null)]
    [InlineData(1, 8, 2, false, Remainder.Wrap, null)]
    public void A_set_without_a_batch_for_each_process_is_named(
        long items, int batch, int processes, bool dropsLast, Remainder remainder, string? problem)
    {
        var options = new DataLoaderOptions { BatchSize = batch, Size = processes, DropLast = dropsLast, Remainder = remainder };
        var found = Record.Exception(() => options.Require("data/train", items));
        Assert.Equal(problem is null ? null : $"data/train: {problem}", (found as DatasetException)?.Message);
        Assert.Equal(problem is null, found is null);
        // As the sampler and the loader see it.
        var sampler = Record.Exception(() => new DistributedSampler(items, false, size: processes, remainder: remainder));
        Assert.True(problem is not null || sampler is null);
    }

    [Fact]
    public void Epochs_and_seeds_give_other_batches()
    {
        Assert.NotEqual(Read(Shuffled, 0), Read(Shuffled, 1));
        Assert.NotEqual(Read(Shuffled, 0), Read(Shuffled with { Seed = 4 }, 0));
        // The same items in the same order are augmented in another way.
        Assert.NotEqual(Read(Shuffled with { Shuffle = false }, 0), Read(Shuffled with { Shuffle = false }, 1));
    }

    [Fact]
    public void A_run_that_resumes_has_the_batches_that_it_would_have_had()
    {
        var whole = Read(Shuffled, 1);
        for (var first = 0; first <= whole.Count; first++)
            Assert.Equal(whole.Skip(first), Read(Shuffled, 1, first));
        using var loader = Load(Shuffled);
        Assert.Throws<ArgumentOutOfRangeException>(() => loader.Read(0, 6));
        Assert.Throws<ArgumentOutOfRangeException>(() => loader.Read(0, -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => loader.Read(-1));
    }

    [Fact]
    public void The_last_batch_is_smaller_or_left_out()
    {
        Assert.Equal([4L, 4, 4, 4, 2], Sizes(Shuffled));
        Assert.Equal([4L, 4, 4, 4], Sizes(Shuffled with { DropLast = true }));
        Assert.Equal([5L, 4], Sizes(Shuffled with { BatchSize = 5, Size = 2 }));
        using var data = new ImageFolder(folder.Path, "train");
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => new DataLoader<LabelledImage, ImageBatch>(
            data, new ImageCollator(8, 8, Normalize.ImageNet), Shuffled with { BatchSize = 19, DropLast = true }));
        Assert.Contains("must be at most 18", error.Message, StringComparison.Ordinal);

        List<long> Sizes(DataLoaderOptions options)
        {
            using var loader = Load(options);
            var sizes = new List<long>();
            foreach (var batch in loader.Read(0))
            {
                using (batch)
                    sizes.Add(batch.Images.shape[0]);
            }
            Assert.Equal(loader.Count, sizes.Count);
            return sizes;
        }
    }

    [Fact]
    public void A_batch_holds_normalized_images_with_their_labels_and_names()
    {
        using var loader = Load(Shuffled);
        using var batch = loader.Read(0).First();
        Assert.Equal([4L, 3, 8, 8], batch.Images.shape);
        Assert.Equal((torch.ScalarType.Float32, torch.ScalarType.Int64), (batch.Images.dtype, batch.Labels.dtype));
        using var data = new ImageFolder(folder.Path, "train", Augmentation);
        var order = new DistributedSampler(18, true, 3).Order(0);
        for (var place = 0; place < 4; place++)
        {
            var item = data.Get(order[place], new(3, 0, order[place]));
            var values = new float[3 * 8 * 8];
            Normalize.ImageNet.Write(item.Image, values);
            Assert.Equal(values, batch.Images[place].data<float>().ToArray());
            Assert.Equal((item.Label, item.Name), (batch.Labels[place].item<long>(), batch.Names[place]));
        }
    }

    [Fact]
    public void A_damaged_image_ends_the_epoch_with_its_name()
    {
        var name = folder.At("train/a/02.ppm");
        File.WriteAllText(name, "a text");
        foreach (var threads in new[] { 1, 5 })
        {
            using var loader = Load(Shuffled with { Threads = threads });
            var error = Assert.Throws<DamagedFileException>(() => Drain(loader.Read(0)));
            Assert.Equal($"{name}: is a text file that begins 'a text', expected an image", error.Message);
            // The loader goes on to work.
            Assert.Throws<DamagedFileException>(() => Drain(loader.Read(0)));
        }
    }

    [Fact]
    public void Damaged_images_are_skipped_counted_and_listed_where_that_is_asked_for()
    {
        var (text, missing, cut) = (folder.At("train/a/02.ppm"), folder.At("train/a/03.ppm"), folder.At("train/b/photo.JPEG"));
        using var data = new ImageFolder(folder.Path, "train", Augmentation);
        File.WriteAllText(text, "a text");
        File.Delete(missing);
        File.WriteAllBytes(cut, Figures.Bytes("baseline.jpg")[..500]);

        var all = new List<List<string>>();
        foreach (var threads in new[] { 1, 2, 5 })
        {
            using var loader = new DataLoader<LabelledImage, ImageBatch>(data, new ImageCollator(8, 8, Normalize.ImageNet),
                Shuffled with { Threads = threads, Damaged = DamagedItems.Skip });
            all.Add(Describe(loader.Read(0)));
            Assert.Equal(18, loader.Statistics.Items);
            // The text is met twice: its own place goes on to the missing one, and on from there.
            Assert.Equal(4, loader.Statistics.Skipped);
            Assert.Equal(
                [
                    (8L, $"{text}: is a text file that begins 'a text', expected an image"),
                    (9L, $"{missing}: is missing"),
                    (17L, $"{cut}: is cut off: it has 500 bytes and ends before the end of the JPEG image"),
                ],
                loader.Skipped.Select(item => (item.Index, item.Message)));
            Drain(loader.Read(1));
            Assert.Equal((36, 8, 3), (loader.Statistics.Items, loader.Statistics.Skipped, loader.Skipped.Count));
        }
        Assert.Equal(all[0], all[1]);
        Assert.Equal(all[0], all[2]);
        Assert.DoesNotContain(all[0], batch => batch.Contains("02.ppm|03.ppm", StringComparison.Ordinal));
        // Item 10 is read in the place of 8 and of 9, item 0 in that of the last.
        Assert.Equal(3, all[0].Sum(batch => batch.Split("train/a/04.ppm").Length - 1));
        Assert.Equal(2, all[0].Sum(batch => batch.Split("train/C/00.ppm").Length - 1));

        // An evaluation counts each that can be read, once, in two processes together.
        var names = new List<string>();
        foreach (var rank in new[] { 0, 1 })
        {
            using var loader = new DataLoader<LabelledImage, ImageBatch>(
                data, new ImageCollator(8, 8, Normalize.ImageNet),
                new() { BatchSize = 4, Rank = rank, Size = 2, Damaged = DamagedItems.Skip });
            foreach (var batch in loader.Read(0))
            {
                using (batch)
                {
                    var counted = names.Count;
                    for (var place = 0; place < batch.Names.Length; place++)
                    {
                        if (!batch.Replaced.Contains(place))
                            names.Add(batch.Names[place]);
                    }
                    using var labels = batch.Replaced.Without(batch.Labels);
                    Assert.Equal(names.Count - counted, labels.size(0));
                }
            }
        }
        Assert.Equal((15, 15), (names.Count, names.Distinct().Count()));
    }

    [Fact]
    public void A_data_set_of_damaged_images_is_not_skipped_for_ever()
    {
        using var damaged = new Folder();
        damaged.Add("a/1.png", []);
        damaged.Add("a/2.png", []);
        using var data = new ImageFolder(damaged.Path);
        using var loader = new DataLoader<LabelledImage, ImageBatch>(
            data, new ImageCollator(8, 8, Normalize.ImageNet), new() { Damaged = DamagedItems.Skip });
        Assert.Contains("2 items in a row are damaged",
            Assert.Throws<DatasetException>(() => Drain(loader.Read(0))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_exception_of_a_transform_comes_with_the_name_of_the_file()
    {
        using var data = new ImageFolder(folder.Path, "train", new Broken());
        foreach (var threads in new[] { 1, 5 })
        {
            using var loader = new DataLoader<LabelledImage, ImageBatch>(
                data, new ImageCollator(8, 8, Normalize.ImageNet), new() { BatchSize = 9, Threads = threads, Damaged = DamagedItems.Skip });
            var error = Assert.Throws<InvalidOperationException>(() => Drain(loader.Read(0)));
            Assert.Equal($"{folder.At("train/C/00.ppm")}: reading it for epoch 0 failed: a fault", error.Message);
            Assert.IsType<DivideByZeroException>(error.InnerException);
        }
    }

    [Fact]
    public void An_image_of_another_size_than_the_batch_s_is_named()
    {
        using var data = new ImageFolder(folder.Path, "train", new CenterCrop(9));
        using var loader = new DataLoader<LabelledImage, ImageBatch>(data, new ImageCollator(8, 8, Normalize.ImageNet), new());
        var error = Assert.Throws<InvalidOperationException>(() => Drain(loader.Read(0)));
        Assert.Equal($"{folder.At("train/C/00.ppm")}: reading it for epoch 0 failed: the image has 9 x 9 pixels after the transform, "
            + "but the batch takes 8 x 8: end the transform with a crop or a resize to one size", error.Message);
    }

    [Fact]
    public void Batches_outlive_the_scope_that_is_open_and_belong_to_who_takes_them()
    {
        var before = torch.Tensor.TotalCount;
        using (var loader = Load(Shuffled))
        {
            var batches = loader.Read(0).GetEnumerator();
            using (torch.NewDisposeScope())
                Assert.True(batches.MoveNext());
            var first = batches.Current;
            Assert.Equal(4, first.Images.shape[0]);
            Assert.True(batches.MoveNext());
            Assert.False(batches.Current.Images.IsInvalid);
            first.Dispose();
            batches.Current.Dispose();
            // What was read ahead is freed where an epoch is left.
            batches.Dispose();
            Drain(loader.Read(0));
        }
        Assert.Equal(before, torch.Tensor.TotalCount);
    }

    [Fact]
    public void Reading_goes_on_while_a_batch_is_in_use_and_no_further_than_told()
    {
        var data = new Counted(100);
        using var loader = new DataLoader<int, Numbers>(data, new NumberCollator(), new() { BatchSize = 5, Threads = 3, Prefetch = 4 });
        using var batches = loader.Read(0).GetEnumerator();
        Assert.True(batches.MoveNext());
        Assert.True(SpinWait.SpinUntil(() => data.Read.Count == 25, TimeSpan.FromSeconds(20)));
        Thread.Sleep(50);
        Assert.Equal(25, data.Read.Count);
    }

    [Fact]
    public void The_time_that_is_waited_for_is_told()
    {
        using var slow = new DataLoader<int, Numbers>(
            new Counted(20, milliseconds: 20), new NumberCollator(), new() { BatchSize = 2, Threads = 1 });
        Drain(slow.Read(0));
        Assert.InRange(slow.Statistics.WaitedShare, 0.8, 1);
        Assert.Equal(20, slow.Statistics.Items);

        using var fast = new DataLoader<int, Numbers>(new Counted(20), new NumberCollator(), new() { BatchSize = 2, Threads = 1 });
        foreach (var batch in fast.Read(0))
            Thread.Sleep(20);
        Assert.InRange(fast.Statistics.WaitedShare, 0, 0.5);
        Assert.InRange(fast.Statistics.Elapsed.TotalMilliseconds, 190, double.MaxValue);
    }

    [Fact]
    public void Disposal_stops_the_threads_in_mid_epoch()
    {
        var data = new Counted(1000, milliseconds: 2);
        var loader = new DataLoader<int, Numbers>(data, new NumberCollator(), new() { BatchSize = 10, Threads = 4, Prefetch = 99 });
        using var batches = loader.Read(0).GetEnumerator();
        Assert.True(batches.MoveNext());
        loader.Dispose();
        var read = data.Read.Count;
        Assert.InRange(read, 10, 900);
        Thread.Sleep(50);
        Assert.Equal(read, data.Read.Count);
        Assert.All(data.Threads.Keys, thread => Assert.False(thread.IsAlive));
        Assert.InRange(data.Threads.Count, 1, 4);
        Assert.Throws<ObjectDisposedException>(() => batches.MoveNext());
        Assert.Throws<ObjectDisposedException>(() => loader.Read(0));
        loader.Dispose();
    }

    [Fact]
    public void Leaving_an_epoch_stops_what_is_read_for_it()
    {
        var data = new Counted(1000, milliseconds: 2);
        using var loader = new DataLoader<int, Numbers>(data, new NumberCollator(), new() { BatchSize = 10, Threads = 2, Prefetch = 50 });
        foreach (var batch in loader.Read(0))
            break;
        var read = data.Read.Count;
        Assert.InRange(read, 10, 300);
        Thread.Sleep(50);
        Assert.Equal(read, data.Read.Count);
        Assert.Equal(1000, loader.Read(1).Sum(batch => batch.Values.Length));
    }

    [Fact]
    public void Settings_out_of_range_are_refused()
    {
        Assert.StartsWith(
            "BatchSize is 0, but it must be at least 1.",
            Assert.Throws<ArgumentOutOfRangeException>(() => new DataLoaderOptions { BatchSize = 0 }).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => new DataLoaderOptions { Threads = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new DataLoaderOptions { Prefetch = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new DataLoader<int, Numbers>(new Counted(0), new NumberCollator(), new()));
    }

    private DataLoader<LabelledImage, ImageBatch> Load(DataLoaderOptions options) => new(
        new ImageFolder(folder.Path, "train", Augmentation), new ImageCollator(8, 8, Normalize.ImageNet), options);

    /// <summary>The batches as they must be, read one after the other.</summary>
    private List<string> Expected(int epoch)
    {
        using var data = new ImageFolder(folder.Path, "train", Augmentation);
        return
        [
            .. new DistributedSampler(data.Count, true, Shuffled.Seed).Order(epoch).Chunk(Shuffled.BatchSize).Select(indices =>
                string.Join('\n', indices.Select(index =>
                {
                    var item = data.Get(index, new(Shuffled.Seed, epoch, index));
                    var values = new float[3 * 8 * 8];
                    Normalize.ImageNet.Write(item.Image, values);
                    return Describe(item.Name, item.Label, values);
                }))),
        ];
    }

    private List<string> Read(DataLoaderOptions options, int epoch, long first = 0)
    {
        using var loader = Load(options);
        return Describe(loader.Read(epoch, first));
    }

    private static List<string> Describe(IEnumerable<ImageBatch> batches)
    {
        var described = new List<string>();
        foreach (var batch in batches)
        {
            using (batch)
            {
                var values = batch.Images.data<float>().ToArray();
                var labels = batch.Labels.data<long>().ToArray();
                var text = new StringBuilder();
                for (var place = 0; place < labels.Length; place++)
                {
                    text.Append(place > 0 ? "\n" : "")
                        .Append(Describe(batch.Names[place], labels[place], values.AsSpan(place * 3 * 8 * 8, 3 * 8 * 8)));
                }
                described.Add(text.ToString());
            }
        }
        return described;
    }

    private static string Describe(string name, long label, ReadOnlySpan<float> values) =>
        $"{name} {label} {Convert.ToHexString(System.Runtime.InteropServices.MemoryMarshal.AsBytes(values))}";

    private static void Drain<TBatch>(IEnumerable<TBatch> batches) where TBatch : IDisposable
    {
        foreach (var batch in batches)
            batch.Dispose();
    }

    private sealed class Broken : IImageTransform
    {
        public RgbImage Apply(RgbImage image, ItemRandom random) => throw new DivideByZeroException("a fault");
    }

    private sealed class Counted(long count, int milliseconds = 0) : IDataset<int>
    {
        public ConcurrentBag<long> Read { get; } = [];

        public ConcurrentDictionary<Thread, bool> Threads { get; } = [];

        public long Count => count;

        public int Get(long index, ItemRandom random)
        {
            Threads.TryAdd(Thread.CurrentThread, true);
            if (milliseconds > 0)
                Thread.Sleep(milliseconds);
            Read.Add(index);
            return (int)index;
        }
    }

    private sealed record Numbers(int[] Values) : IDisposable
    {
        public void Dispose() { }
    }

    private sealed class NumberCollator : ICollator<int, Numbers>
    {
        public Numbers Begin(int count) => new(new int[count]);

        public void Put(Numbers batch, int place, int item) => batch.Values[place] = item;

        public void Complete(Numbers batch) { }
    }
}
