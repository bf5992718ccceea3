using System;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Threading.Tasks;
using System.Xml.Linq;
using Xunit;

namespace KnDsl.Build.Tests;

/// <summary>What the package for training does for whoever takes it.</summary>
[Collection(nameof(PackedPackage))]
public sealed class TrainingPackageTests(PackedPackage package)
{
    /// <summary>A program with settings, a run folder, checkpoints and reports, as docs/training.md has them.</summary>
    private const string Program = """
        using System.Collections.Generic;
        using System.ComponentModel.DataAnnotations;
        using System.Threading;
        using Consumer;
        using KnDsl;
        using KnDsl.Training;
        using static TorchSharp.torch;

        ComputeThreads.Set(1);
        return TrainingCommand.Create<TrainSettings>("Trains a network.", Train).Run(args);

        static int Train(TrainingStart<TrainSettings> start)
        {
            using var run = start.OpenRun("small", device: "cpu");
            random.manual_seed(1);
            using var images = randn(40, 3, 8, 8);
            using var labels = randint(0, 10, 40);
            using var network = new Small(policy: NormPolicy.Kalman(microbatch: 2));
            using var trainer = new Trainer<(Tensor Images, Tensor Labels)>(
                network, batch => nn.functional.cross_entropy(network.call(batch.Images), batch.Labels),
                new TrainerSettings { Epochs = start.Settings.Epochs, LearningRate = 0.05 }, run.Checkpoints);
            trainer.Resume();
            using var source = new CancellationTokenSource();
            trainer.Observers.Add(run.Observers(new ConsoleProgress(), new Stop(start.Settings.StopAfter, source)));
            var end = trainer.Fit(
                new TensorBatches(images, labels, batchSize: 8), () => new Dictionary<string, double> { ["error"] = 0.5 }, source.Token);
            return end == TrainingEnd.Interrupted ? 130 : 0;
        }

        public sealed record TrainSettings
        {
            [Range(1, 100)]
            public int Epochs { get; init; } = 2;

            [MayChange]
            public int? StopAfter { get; init; }
        }

        internal sealed class Stop(int? after, CancellationTokenSource source) : ITrainingObserver
        {
            public void Stepped(StepReport report)
            {
                if (report.Position.Step == after)
                    source.Cancel();
            }
        }
        """;

    [Fact]
    public void Holds_the_library_and_names_what_it_needs()
    {
        Assert.Equal(
            ["lib/net10.0/KnDsl.Training.dll", "lib/net10.0/KnDsl.Training.xml", "licenses/KnDsl-LICENSE", "training.md"],
            PackedPackage.FilesOf(package.TrainingFile, "lt"));
        using var content = ZipFile.OpenRead(package.TrainingFile);
        using var stream = content.GetEntry("KnDsl.Training.nuspec")!.Open();
        var metadata = XDocument.Load(stream).Root!.Elements().Single();
        Assert.Equal("training.md", Element("readme").Value);
        Assert.Equal("MIT", Element("license").Value);
        var versions = XDocument.Load(Path.Combine(Repository.Root, "Directory.Packages.props")).Descendants("PackageVersion")
            .ToDictionary(item => (string)item.Attribute("Include")!, item => (string)item.Attribute("Version")!);
        Assert.Equal(
            [
                ("KnDsl", package.Version), ("ScottPlot", versions["ScottPlot"]),
                ("SixLabors.ImageSharp", versions["SixLabors.ImageSharp"]), ("System.CommandLine", versions["System.CommandLine"]),
                ("TorchSharp", "0.107.0"),
            ],
            Element("dependencies").Descendants().Where(item => item.Attribute("id") is not null)
                .Select(item => ((string)item.Attribute("id")!, (string)item.Attribute("version")!)).Order());

        XElement Element(string name) => metadata.Elements().Single(element => element.Name.LocalName == name);
    }

    /// <summary>With the lines that its project file says are for projects outside this repository.</summary>
    [Fact]
    public async Task The_smallest_sample_is_a_project_of_its_own()
    {
        var sample = Path.Combine(Repository.Root, "Samples", "Minimal");
        var folder = package.Folder("Minimal");
        foreach (var name in new[] { "Program.cs", "net.knnet" })
            File.Copy(Path.Combine(sample, name), Path.Combine(folder, name));
        var project = XDocument.Load(Path.Combine(sample, "Minimal.csproj"));
        project.Descendants("Import").Single().ReplaceWith(XElement.Parse(package.SdkLine));
        project.Descendants("ProjectReference").Single().ReplaceWith(XElement.Parse(package.TrainingReference));
        project.Save(Path.Combine(folder, "Minimal.csproj"));
        Assert.EndsWith(
            "are of the classes 0, 1, 2, 3", (await Dotnet.Succeed(folder, "run", "-c", "Release")).TrimEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_first_program_of_the_page_learns_and_is_at_its_end_then()
    {
        var project = package.Consumer("page", sdk: package.SdkLine, references: package.TrainingReference);
        File.WriteAllText(
            Path.Combine(project, "Program.cs"),
            PackedPackage.FromPage("docs/training.md", "csharp").Replace("using MyProject;", "using Consumer;", StringComparison.Ordinal));
        var output = await Dotnet.Succeed(project, "run", "-c", "Release");
        Assert.Contains("9 epochs of 8 batches, 72 steps", output, StringComparison.Ordinal);
        Assert.Matches(@"evaluated after step \d+: train_loss 0\.\d+  error 0\.?\d*  \(best\)", output);
        Assert.Contains(" after step ", output.TrimEnd().Split('\n')[^1], StringComparison.Ordinal);
        output = await Dotnet.Succeed(project, "run", "-c", "Release", "--no-build");
        Assert.DoesNotContain("evaluated", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_training_goes_on_where_it_was_interrupted()
    {
        var project = package.Consumer("training", sdk: package.SdkLine, references: package.TrainingReference);
        File.WriteAllText(Path.Combine(project, "Program.cs"), Program);
        await Dotnet.Succeed(project, "build", "-c", "Release");
        string[] program = [Path.Combine(project, "bin", "Release", "net10.0", "Consumer.dll")];

        var output = await Dotnet.Succeed(project, program);
        Assert.Contains("2 epochs of 5 batches, 10 steps", output, StringComparison.Ordinal);
        Assert.Contains("finished after step 10", output, StringComparison.Ordinal);
        var whole = Assert.Single(Directory.GetDirectories(Path.Combine(project, "runs", "small")));
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], File.ReadAllBytes(Path.Combine(whole, "curves.png"))[..4]);
        Assert.NotEmpty(Directory.GetFiles(Path.Combine(whole, "tensorboard")));

        var (code, _) = await Dotnet.Run(project, [.. program, "--stop-after", "7"]);
        Assert.Equal(130, code);
        var parts = Assert.Single(Directory.GetDirectories(Path.Combine(project, "runs", "small")), folder => folder != whole);
        output = await Dotnet.Succeed(project, [.. program, "--resume", parts, "--stop-after", "none"]);
        Assert.Contains("from step 7 on (epoch 2)", output, StringComparison.Ordinal);
        Assert.Equal(Weights(whole), Weights(parts));
        Assert.Equal(Losses(whole), Losses(parts));

        static byte[] Weights(string run) =>
            File.ReadAllBytes(Path.Combine(run, "checkpoints", "step-000000010", "weights.safetensors"));

        // Step, epoch, batch and loss.
        static string[] Losses(string run) =>
            [.. File.ReadLines(Path.Combine(run, "steps.csv")).Select(line => string.Join(',', line.Split(',')[..4]))];
    }

    [Fact]
    public async Task Says_that_a_program_has_no_native_library()
    {
        var bare = package.Consumer("bare-training", references: package.TrainingReference);
        Assert.Contains(
            "warning KNB001: This program has no native Torch library.",
            await Dotnet.Succeed(bare, "msbuild", "-restore", "-t:ResolvePackageAssets"),
            StringComparison.Ordinal);
    }
}
