using System;
using System.CommandLine;
using System.IO;
using KnDsl.Samples.Detection;
using KnDsl.Samples.Detection.Generation;
using KnDsl.Training;
using KnDsl.Vision;
using Xunit;

namespace KnDsl.Samples.Tests;

/// <summary>A small set that Samples/Detection made, and the sample's command line.</summary>
// One after another: random numbers of torch belong to the process, and these train in it.
[CollectionDefinition(nameof(GeneratedCoco), DisableParallelization = true)]
public sealed class GeneratedCoco : ICollectionFixture<GeneratedCoco>, IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("kndsl-coco-");

    public GeneratedCoco()
    {
        Data = In("set");
        Settings = CocoSources.WriteTo(folder.FullName) with { Train = 120, Val = 40, Unseen = 60 };
        GenerateCommand.Make(Data, Settings);
    }

    /// <summary>The set: of each part some images are empty and some have crowds.</summary>
    public string Data { get; }

    /// <summary>What it was made with.</summary>
    internal GenerateSettings Settings { get; }

    /// <summary>A path among the files of these tests.</summary>
    public string In(string name) => Path.Combine(folder.FullName, name);

    /// <summary>Reads the json of a part, every entry of which must be good.</summary>
    public static CocoAnnotations Read(string data, string part) =>
        CocoAnnotations.Read(Path.Combine(data, "annotations", $"instances_{part}.json"), new() { ImageFolder = Path.Combine(data, part) });

    /// <summary>Runs the sample in this process.</summary>
    /// <param name="arguments">Its command line.</param>
    internal static (int Code, string Output, string Error) Run(params string[] arguments)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var code = Commands.Create().Run(
            arguments, new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false });
        return (code, output.ToString().Trim(), error.ToString().Trim());
    }

    public void Dispose() => folder.Delete(recursive: true);
}
