using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Linq;
using KnDsl.Samples.ImageNet;
using KnDsl.Samples.ImageNet.Pictures;
using KnDsl.Training;
using Xunit;

namespace KnDsl.Samples.Tests;

/// <summary>A small data set that Samples/ImageNet made, parts of it to damage, and the sample's command line.</summary>
// One after another: random numbers of torch belong to the process, and these train in it.
[CollectionDefinition(nameof(GeneratedImages), DisableParallelization = true)]
public sealed class GeneratedImages : ICollectionFixture<GeneratedImages>, IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("kndsl-imagenet-");

    public GeneratedImages()
    {
        Data = In("data");
        GenerateCommand.Make(Data, new GenerateSettings { Train = 6, Val = 2 }, CmykEncoder.Find());
    }

    /// <summary>All classes, with 6 images for training and 2 for evaluation.</summary>
    public string Data { get; }

    /// <summary>Three classes of the set, in a folder of their own.</summary>
    public string Part()
    {
        var part = In(Guid.NewGuid().ToString("N")[..8]);
        foreach (var file in Images(Data).Where(file => ClassOf(file) is "disc" or "star" or "waves"))
        {
            var copy = Path.Combine(part, Path.GetRelativePath(Data, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
        return part;
    }

    /// <summary>A path among the files of these tests.</summary>
    public string In(string name) => Path.Combine(folder.FullName, name);

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

    /// <summary>All images of a data set, in order.</summary>
    internal static string[] Images(string data) =>
        [.. Directory.GetFiles(data, "*.jpg", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    /// <summary>How many channels a JPEG file has: 1 is grey, 4 is CMYK.</summary>
    internal static int ChannelsOf(string file)
    {
        var bytes = File.ReadAllBytes(file).AsSpan();
        var frame = bytes.IndexOf((ReadOnlySpan<byte>)[0xFF, 0xC0]);
        return bytes[frame + 9];
    }

    public void Dispose() => folder.Delete(recursive: true);

    private static string ClassOf(string file) => Path.GetFileName(Path.GetDirectoryName(file)!);
}
