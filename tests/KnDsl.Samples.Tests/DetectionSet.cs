using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Linq;
using System.Text;
using KnDsl.Samples.Detection;
using KnDsl.Training;
using KnDsl.Vision;
using Xunit;

namespace KnDsl.Samples.Tests;

/// <summary>
/// A small set of COCO's format: red and green rectangles on grey, an image without any, and one with a crowd. The ids of its categories
/// have gaps. And the command line of Samples/Detection, and a Mask R-CNN that was trained on it for an epoch.
/// </summary>
// One after another: random numbers of torch belong to the process, and these train in it.
[CollectionDefinition(nameof(DetectionSet), DisableParallelization = true)]
public sealed class DetectionSet : ICollectionFixture<DetectionSet>, IDisposable
{
    public const int Width = 64, Height = 48, Training = 8, Values = 4;

    private static readonly CocoCategory[] Categories = [new(3, "red", null, 0), new(7, "green", null, 1)];

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("kndsl-detection-");
    private readonly Lazy<string> trained;

    public DetectionSet()
    {
        Data = Copy();
        trained = new(() =>
        {
            Assert.Equal((0, ""), Train(Data, In("trained")));
            return Directory.GetDirectories(Path.Combine(In("trained"), "Detection")).Single();
        });
    }

    /// <summary>The set.</summary>
    public string Data { get; }

    /// <summary>A run that trained Mask R-CNN for an epoch.</summary>
    public string Trained => trained.Value;

    /// <summary>The preset of small networks.</summary>
    public static string Preset { get; } = Path.Combine(Programs.Sample("Detection"), "presets", "generated.json");

    /// <summary>A path among the files of these tests.</summary>
    public string In(string name) => Path.Combine(folder.FullName, name);

    /// <summary>Another copy of the set, to damage.</summary>
    /// <param name="training">Its images for training, at most 20.</param>
    public string Copy(int training = Training)
    {
        var data = In(Guid.NewGuid().ToString("N")[..8]);
        Directory.CreateDirectory(Path.Combine(data, "annotations"));
        Write(data, "train", training);
        Write(data, "val", Values);
        return data;
    }

    /// <summary>Trains small networks for an epoch on small images.</summary>
    internal static (int Code, string Error) Train(string data, string runs, params string[] more)
    {
        string[] sides = more.Contains("--long-side") ? [] : ["--short-side", "48", "--long-side", "64"];
        var (code, _, error) = Run(
            ["train", "--config", Preset, "--data", data, "--runs", runs, "--epochs", "1", "--readers", "1", .. sides, .. more]);
        return (code, error);
    }

    /// <summary>Runs the sample in this process.</summary>
    /// <param name="arguments">Its command line.</param>
    internal static (int Code, string Output, string Error) Run(params IReadOnlyList<string> arguments)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var code = Commands.Create().Run(
            arguments, new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false });
        return (code, output.ToString().Trim(), error.ToString().Trim());
    }

    /// <summary>The weights of a run's last checkpoint.</summary>
    internal static string WeightsOf(string run) =>
        Directory.GetFiles(Path.Combine(run, "checkpoints"), "weights.safetensors", SearchOption.AllDirectories)
            .OrderBy(File.GetLastWriteTimeUtc).Last();

    public void Dispose() => folder.Delete(recursive: true);

    private static void Write(string data, string split, int count)
    {
        Directory.CreateDirectory(Path.Combine(data, split));
        var images = Enumerable.Range(0, count).Select(i => new CocoImage(10 + i, $"{i}.ppm", Width, Height)).ToArray();
        var objects = new List<CocoAnnotation>();
        foreach (var image in images)
        {
            var pixels = new byte[3 * Width * Height];
            Array.Fill(pixels, (byte)110);
            // The first has none.
            var number = (int)image.Id - 10;
            for (var i = 0; i < (number == 0 ? 0 : 2); i++)
            {
                var box = new CocoBox(4 + 30 * i, 3 + number, 22, 20 + 2 * i);
                Fill(pixels, box, channel: i);
                var outline = new CocoSegmentation([box.X, box.Y, box.X, box.Bottom, box.Right, box.Bottom, box.Right, box.Y]);
                objects.Add(new(objects.Count + 1, image, Categories[i], box, box.Area, number == 1 && i == 1, outline));
            }
            File.WriteAllBytes(
                Path.Combine(data, split, image.FileName), [.. Encoding.ASCII.GetBytes($"P6\n{Width} {Height}\n255\n"), .. pixels]);
        }
        CocoAnnotations.Write(Path.Combine(data, "annotations", $"instances_{split}.json"), images, Categories, objects);
    }

    private static void Fill(byte[] pixels, CocoBox box, int channel)
    {
        for (var y = (int)box.Y; y < box.Bottom; y++)
        {
            for (var x = (int)box.X; x < box.Right; x++)
                pixels[3 * (y * Width + x) + channel] = 250;
        }
    }
}
