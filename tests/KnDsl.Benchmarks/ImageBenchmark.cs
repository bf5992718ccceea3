using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using KnDsl.Training;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats.Jpeg;
using SixLabors.ImageSharp.PixelFormats;
using static TorchSharp.torch;

namespace KnDsl.Benchmarks;

/// <summary>
/// How fast JPEG files of 500x375 pixels become random-resized crops of 224x224, on one core; and how much of the time of a training
/// step the loader is waited for. A step that sleeps leaves both cores to the loader; one that computes takes both, and gets less done:
/// torch's threads wait for each other in a loop unless OMP_WAIT_POLICY is PASSIVE, and a reader may have the core that one waits for.
/// </summary>
internal static class ImageBenchmark
{
    private const int BatchSize = 32;

    private static readonly TimeSpan StepTime = TimeSpan.FromMilliseconds(120);

    private static readonly IImageTransform Augmentation = new Compose(new RandomResizedCrop(224), new RandomHorizontalFlip());

    public static void Run()
    {
        var folder = Directory.CreateTempSubdirectory("kndsl-images-").FullName;
        try
        {
            var bytes = WriteImages(folder);
            Console.WriteLine($"JPEG, 500x375, 4:2:0, {bytes / 1000.0:F0} kB on average, {Environment.ProcessorCount} cores, "
                + $"OMP_WAIT_POLICY {Environment.GetEnvironmentVariable("OMP_WAIT_POLICY") ?? "not set"}");
            var libraries = ImageDecoder.HasTurboJpeg
                ? new[] { JpegLibrary.ImageSharp, JpegLibrary.TurboJpeg } : [JpegLibrary.ImageSharp];
            if (libraries.Length == 1)
                Console.WriteLine("libturbojpeg is not installed; it is left out");
            (string, Func<int>)[] steps = [("idle", Sleep), ("convolution", Convolve())];
            Console.WriteLine(string.Join(" ", libraries.SelectMany(library => Measure(folder, library, steps)).ToArray()));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static IEnumerable<string> Measure(string folder, JpegLibrary library, (string Name, Func<int> Run)[] steps)
    {
        var name = library.ToString().ToLowerInvariant();
        var decoder = ImageDecoder.Create(library);
        using var data = new ImageFolder(folder, transform: Augmentation, decoder: decoder);
        Console.WriteLine(decoder.JpegLibrary);

        var (processor, wall) = PerCore(data);
        Console.WriteLine(Text($"  one thread: {processor:F0} images a second of its core's time, {wall:F0} a second that went by"));
        yield return Text($"images_per_core_second_{name}: {processor:F0}");

        foreach (var step in steps)
        {
            var (share, alone, beside) = Beside(data, step.Run);
            Console.WriteLine(Text($"  beside a step of 120 ms, {step.Name}: waited for {share:P2} of the time")
                + (alone > 0 ? Text($"; {alone:F1} passes a step alone, {beside:F1} beside the loader") : ""));
            yield return Text($"waited_{step.Name}_{name}: {share:F4}");
        }
    }

    /// <summary>
    /// Images on one thread, for each second that the processor worked and for each that went by: others may use the machine too.
    /// </summary>
    private static (double Processor, double Wall) PerCore(ImageFolder data)
    {
        Read(TimeSpan.FromSeconds(3));
        var (processor, start) = (Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp());
        double images = Read(TimeSpan.FromSeconds(10));
        return (images / (Environment.CpuUsage.TotalTime - processor).TotalSeconds, images / Stopwatch.GetElapsedTime(start).TotalSeconds);

        long Read(TimeSpan time)
        {
            var values = new float[3 * 224 * 224];
            var (index, total) = (0L, Stopwatch.StartNew());
            for (; total.Elapsed < time; index++)
            {
                using var image = data.Get(index % data.Count, new(1, 0, index)).Image;
                Normalize.ImageNet.Write(image, values);
            }
            return index;
        }
    }

    /// <summary>The share of the time that the loader is waited for, and what a step gets done without and beside it.</summary>
    private static (double Share, double Alone, double Beside) Beside(ImageFolder data, Func<int> step)
    {
        const int WarmUp = 5;
        var alone = Enumerable.Range(0, 30).Average(_ => step());
        using var loader = new DataLoader<LabelledImage, ImageBatch>(
            new Repeated(data), new ImageCollator(224, 224, Normalize.ImageNet),
            new() { BatchSize = BatchSize, Shuffle = true, Threads = 2, Prefetch = 4 });
        var (taken, passes, begun) = (0, 0, default(DataLoaderStatistics));
        var total = Stopwatch.StartNew();
        foreach (var batch in loader.Read(0))
        {
            using (batch)
            {
                if (total.Elapsed > TimeSpan.FromSeconds(15))
                    break;
                if (taken++ == WarmUp)
                    (begun, passes) = (loader.Statistics, 0);
                passes += step();
            }
        }
        return ((loader.Statistics - begun).WaitedShare, alone, passes / (double)(taken - WarmUp));
    }

    private static int Sleep()
    {
        System.Threading.Thread.Sleep(StepTime);
        return 0;
    }

    /// <summary>Forward and backward passes of a convolution on all cores, until the time of a step is over; gives how many.</summary>
    private static Func<int> Convolve()
    {
        var input = randn(8, 32, 56, 56);
        var convolution = nn.Conv2d(32, 32, 3, padding: 1);
        return () =>
        {
            var passes = 0;
            for (var start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < StepTime; passes++)
            {
                using var scope = NewDisposeScope();
                convolution.call(input).square().mean().backward();
            }
            return passes;
        };
    }

    /// <summary>Images with slopes, shapes and grain, which take the space of ImageNet's photographs; one folder is the class.</summary>
    private static double WriteImages(string folder)
    {
        const int Count = 48;
        var bytes = 0L;
        Directory.CreateDirectory(Path.Combine(folder, "class"));
        for (var number = 0; number < Count; number++)
        {
            var path = Path.Combine(folder, "class", $"{number}.jpg");
            using var image = Draw(number);
            image.SaveAsJpeg(path, new JpegEncoder { Quality = 90, ColorType = JpegColorType.YCbCrRatio420 });
            bytes += new FileInfo(path).Length;
        }
        return bytes / (double)Count;
    }

    private static Image<Rgb24> Draw(int number)
    {
        var random = new Random(number);
        var discs = Enumerable.Range(0, 12).Select(_ => (
            X: random.Next(500), Y: random.Next(375), Radius: random.Next(20, 90), Red: random.Next(-80, 80), Green: random.Next(-80, 80),
            Blue: random.Next(-80, 80), Stripes: random.Next(4, 40))).ToArray();
        var image = new Image<Rgb24>(500, 375);
        for (var y = 0; y < 375; y++)
        {
            for (var x = 0; x < 500; x++)
            {
                var (red, green, blue) = (x / 3.0, y / 2.5, (x + y) / 5.0);
                foreach (var disc in discs)
                {
                    if ((x - disc.X) * (x - disc.X) + (y - disc.Y) * (y - disc.Y) < disc.Radius * disc.Radius)
                    {
                        var wave = 1 + 0.4 * Math.Sin((double)(x + 2 * y) / disc.Stripes * 3);
                        (red, green, blue) = (red + disc.Red * wave, green + disc.Green * wave, blue + disc.Blue * wave);
                    }
                }
                var grain = 36 * (random.NextDouble() + random.NextDouble() - 1);
                image[x, y] = new(Level(red + grain), Level(green + grain), Level(blue + grain));
            }
        }
        return image;

        static byte Level(double value) => (byte)Math.Clamp(value, 0, 255);
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>Few images as the very many of a long epoch: at its end there is nothing to read ahead.</summary>
    private sealed class Repeated(ImageFolder data) : IDataset<LabelledImage>
    {
        public long Count => 100_000;

        public LabelledImage Get(long index, ItemRandom random) => data.Get(index % data.Count, random);
    }
}
