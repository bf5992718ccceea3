using System;
using System.IO;
using System.Linq;
using Xunit;

namespace KnDsl.Training.Tests.Runs;

public sealed class PageTests
{
    /// <summary>The page's program compiles: its lines are those of <see cref="PageExample"/>.</summary>
    [Fact]
    public void The_program_of_the_page_compiles()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "training.md")).ReplaceLineEndings("\n");
        var code = page.Split("```csharp\n")
            .Single(part => part.StartsWith("public sealed record TrainSettings", StringComparison.Ordinal));
        var lines = code.Split("```")[0].TrimEnd().Split('\n').Select(line => line.Length == 0 ? "" : "    " + line);
        var source = File.ReadAllText(
            Path.Combine(Repository.Root, "tests", "KnDsl.Training.Tests", "Runs", "PageExample.cs")).ReplaceLineEndings("\n");
        // A test project has an entry point already.
        Assert.Contains(string.Join('\n', lines).Replace(" Main(", " Begin(", StringComparison.Ordinal), source);
    }

    [Fact]
    public void The_program_of_the_page_trains_and_goes_on()
    {
        using var folder = new TemporaryFolder();
        string[] options = ["--device", "cpu", "--runs", folder.Path];
        Assert.Equal(0, PageExample.Begin([.. options, "--epochs", "1", "--seed", "7"]));
        var run = Assert.Single(Directory.GetDirectories(folder["tiny"]));
        var settings = SettingsFile.Read<PageExample.TrainSettings>(Path.Combine(run, "settings.json"));
        Assert.Equal((1, 7L), (settings.Epochs, settings.Run.Seed));

        Assert.Equal(0, PageExample.Begin([.. options, "--resume", run, "--epochs", "2", "--allow-changes"]));
        Assert.Equal(1 + 2, File.ReadAllLines(Path.Combine(run, "evaluations.csv")).Length);
        Assert.Single(Directory.GetDirectories(folder["tiny"]));
    }
}
