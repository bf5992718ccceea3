using System;
using System.Buffers.Binary;
using System.Formats.Tar;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Xunit;

namespace KnDsl.Samples.Tests;

[Collection(nameof(GeneratedImages))]
public sealed class ImageNetTests(GeneratedImages images)
{
    private static readonly string Presets = Path.Combine(Programs.Sample("ImageNet"), "presets");

    private static readonly string Small = Path.Combine(Presets, "generated.json");

    public static TheoryData<string> PresetFiles { get; } = [.. Directory.GetFiles(Presets).Select(file => Path.GetFileName(file))];

    [Fact]
    public void Trains_goes_on_and_evaluates()
    {
        var (data, runs) = (images.Part(), images.In("whole"));
        Assert.Equal((0, ""), Train(data, runs));
        var run = Directory.GetDirectories(Path.Combine(runs, "ImageNet")).Single();
        Assert.Equal(1 + 1, File.ReadLines(Path.Combine(run, "evaluations.csv")).Count());

        // 18 images are two batches of 8.
        var (code, _, error) = GeneratedImages.Run("train", "--resume", run, "--epochs", "2", "--allow-changes");
        Assert.Equal((0, ""), (code, error));
        Assert.Equal(1 + 2, File.ReadLines(Path.Combine(run, "evaluations.csv")).Count());
        Assert.Equal(1 + 4, File.ReadLines(Path.Combine(run, "steps.csv")).Count());

        (code, var output, error) = Evaluate(LastWeights(run), data);
        Assert.Equal((0, ""), (code, error));
        Assert.Matches(@"(^|\n)errors: top1=\d+\.\d\d top5=0\.00 of 6 images$", output);
    }

    [Fact]
    public void Reads_archives_too()
    {
        var (data, archives) = (images.Part(), images.In("archives"));
        Directory.CreateDirectory(Path.Combine(archives, "train"));
        foreach (var folder in Directory.GetDirectories(Path.Combine(data, "train")))
        {
            var archive = Path.Combine(archives, "train", $"{Path.GetFileName(folder)}.tar");
            TarFile.CreateFromDirectory(folder, archive, includeBaseDirectory: true);
        }
        TarFile.CreateFromDirectory(Path.Combine(data, "val"), Path.Combine(archives, "val.tar"), includeBaseDirectory: false);
        Assert.Equal((0, ""), Train(archives, images.In("tar")));
    }

    [Fact]
    public async Task Two_processes_train_together()
    {
        var runs = images.In("two");
        var (code, output, errors) = await Programs.Run(
            "ImageNet",
            ["train", "--config", Small, "--data", images.Part(), "--epochs", "1", "--batch", "4", "--runs", runs, "--processes", "2"]);
        Assert.True(code == 0, output + errors);
        var run = Directory.GetDirectories(Path.Combine(runs, "ImageNet")).Single();
        // Of 18 images each process has 9, which are two batches.
        Assert.Equal(1 + 2, File.ReadLines(Path.Combine(run, "steps.csv")).Count());
    }

    /// <summary>Settings are read before the data.</summary>
    [Theory]
    [MemberData(nameof(PresetFiles))]
    public void A_preset_can_be_read(string file)
    {
        var (code, _, error) = GeneratedImages.Run("train", "--config", Path.Combine(Presets, file), "--data", "/nowhere");
        Assert.Equal((1, "/nowhere: there is no such folder"), (code, error));
    }

    [Theory]
    [InlineData("\"epoch\": 3", "epoch is no setting. Did you mean 'epochs'?")]
    [InlineData("\"size\": 100", "size is 100: It must be a multiple of 32.")]
    [InlineData("\"drops\": [0.6, 0.3]", "drops: They must ascend.")]
    [InlineData("\"drops\": [0.3, 60]", "drops[1] is 60, expected a number above 0 and below 1.")]
    public void A_wrong_setting_is_named_with_its_place(string setting, string problem)
    {
        var file = images.In("some.json");
        File.WriteAllText(file, $"{{\n  \"norm\": \"batch\",\n  {setting}\n}}");
        var (code, _, error) = GeneratedImages.Run("train", "--config", file, "--data", images.Data);
        Assert.Equal((1, $"{file}(3): {problem}"), (code, error));
    }

    [Fact]
    public void A_folder_that_is_no_data_set_is_refused_with_its_name()
    {
        var data = images.Part();
        Directory.Move(Path.Combine(data, "val"), Path.Combine(data, "test"));
        Refused($"{data}: has no folder 'val'; it has 'test', 'train'", data);

        data = images.Part();
        var empty = Path.Combine(data, "train", "star");
        Directory.Delete(empty, recursive: true);
        Directory.CreateDirectory(empty);
        Refused($"{empty}: is an empty class: ", data);

        data = images.Part();
        Directory.Delete(Path.Combine(data, "val", "star"), recursive: true);
        Refused($"{Path.Combine(data, "val")}: its 2 classes are not the 3 expected: 'star' is missing", data);

        data = images.Part();
        Refused(
            $"{Path.Combine(data, "train")}: has 18 items, and a batch has 64: expected at least 64, or smaller batches",
            data, "--batch", "64");

        // Nothing was begun.
        Assert.False(Directory.Exists(images.In("refused")));

        void Refused(string message, string data, params string[] more)
        {
            var (code, error) = Train(data, images.In("refused"), more);
            Assert.Equal(1, code);
            Assert.StartsWith(message, error, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("text", "is a text file that begins 'a text', expected an image")]
    [InlineData("cut off", "is cut off: it has 3,000 bytes and ends before the end of the JPEG image")]
    [InlineData("large", "is too large: it has 30,000 x 30,000 pixels, and may have 16,384 on a side")]
    public void A_damaged_image_ends_the_training_with_its_name_or_is_left_out(string damage, string problem)
    {
        var data = images.Part();
        var file = Path.Combine(data, "train", "disc", "00003.jpg");
        var bytes = File.ReadAllBytes(file);
        if (damage == "large")
        {
            var frame = bytes.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xC0]);
            BinaryPrimitives.WriteInt16BigEndian(bytes.AsSpan(frame + 5), 30_000);
            BinaryPrimitives.WriteInt16BigEndian(bytes.AsSpan(frame + 7), 30_000);
        }
        File.WriteAllBytes(file, damage == "text" ? "a text"u8.ToArray() : damage == "large" ? bytes : bytes[..3000]);

        // All 18 images are read.
        var (code, error) = Train(data, images.In(damage), "--batch", "6");
        Assert.Equal((1, $"{file}: {problem}"), (code, error));
        if (damage == "text")
            Assert.Equal((0, ""), Train(data, images.In(damage), "--batch", "6", "--skip-damaged"));
    }

    [Fact]
    public void Weights_that_do_not_fit_are_refused_with_their_name()
    {
        var (data, runs) = (images.Part(), images.In("weights"));
        Assert.Equal((0, ""), Train(data, runs));
        var run = Directory.GetDirectories(Path.Combine(runs, "ImageNet")).Single();
        var weights = LastWeights(run);

        Refused($"{weights}: ", Evaluate(weights, data, "resnet50"));
        Refused($"{weights}: ", Evaluate(weights, images.Data));
        Refused($"{images.In("none")}: there is no such file.", Evaluate(images.In("none"), data));
        Refused(
            $"{Path.Combine(run, "settings.json")}: network is mobilenet-v2 in this run, and would be resnet50.",
            GeneratedImages.Run("train", "--resume", run, "--network", "resnet50"));

        var bytes = File.ReadAllBytes(weights);
        File.WriteAllBytes(weights, bytes[..(bytes.Length / 2)]);
        Refused($"{weights}: ", Evaluate(weights, data));
        Refused($"{weights}: ", GeneratedImages.Run("train", "--resume", run, "--epochs", "2", "--allow-changes"));

        static void Refused(string message, (int Code, string Output, string Error) found)
        {
            Assert.Equal(1, found.Code);
            Assert.StartsWith(message, found.Error, StringComparison.Ordinal);
        }
    }

    /// <summary>An epoch of the generated set's settings, in batches of 8.</summary>
    private static (int Code, string Error) Train(string data, string runs, params string[] more)
    {
        string[] batch = more.Contains("--batch") ? [] : ["--batch", "8"];
        var (code, _, error) = GeneratedImages.Run(
            ["train", "--config", Small, "--data", data, "--runs", runs, "--epochs", "1", "--readers", "1", .. batch, .. more]);
        return (code, error);
    }

    private static (int Code, string Output, string Error) Evaluate(string weights, string data, string network = "mobilenet-v2") =>
        GeneratedImages.Run("evaluate", weights, "--data", data, "--size", "64", "--network", network);

    private static string LastWeights(string run) =>
        Directory.GetFiles(Path.Combine(run, "checkpoints"), "weights.safetensors", SearchOption.AllDirectories)
            .OrderBy(File.GetLastWriteTimeUtc).Last();
}
