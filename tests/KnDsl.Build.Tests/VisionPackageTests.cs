using System;
using System.IO;
using System.Threading.Tasks;
using Xunit;

namespace KnDsl.Build.Tests;

/// <summary>What the package for vision does for whoever takes it.</summary>
[Collection(nameof(PackedPackage))]
public sealed class VisionPackageTests(PackedPackage package)
{
    /// <summary>Boxes by a network's scores: what the package brings, and what it needs of the others.</summary>
    private const string Program = """
        using System;
        using System.Linq;
        using Consumer;
        using KnDsl;
        using KnDsl.Training;
        using KnDsl.Vision;
        using static TorchSharp.torch;

        ComputeThreads.Set(1);
        using var network = new Small(policy: NormPolicy.Kalman(microbatch: 2));
        using var scores = network.call(rand(2, 3, 8, 8)).flatten()[..3].softmax(0);
        using var boxes = tensor(new float[] { 0, 0, 10, 10, 0, 0, 10, 9, 20, 20, 30, 30 }).view(3, 4);
        using var kept = NonMaximumSuppression.Keep(boxes, scores, 0.5);
        Console.WriteLine($"{kept.numel()} boxes, of {Boxes.Area(boxes).sum().item<float>()} pixels");
        """;

    [Fact]
    public void Holds_the_library_and_its_page() => Assert.Equal(
        ["lib/net10.0/KnDsl.Vision.dll", "lib/net10.0/KnDsl.Vision.xml", "licenses/KnDsl-LICENSE", "vision.md"],
        PackedPackage.FilesOf(package.VisionFile, "lv"));

    [Fact]
    public async Task A_project_that_names_it_has_all_that_it_needs()
    {
        var project = package.Consumer("vision", sdk: package.SdkLine, references: package.VisionReference);
        File.WriteAllText(Path.Combine(project, "Program.cs"), Program);
        Assert.Contains("2 boxes, of 290 pixels", await Dotnet.Succeed(project, "run", "-c", "Release"), StringComparison.Ordinal);
    }
}
