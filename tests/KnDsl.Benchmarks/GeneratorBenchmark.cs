using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using KnDsl.Generator;
using KnDsl.Generator.Writing;
using KnDsl.Language.Checking;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using RoslynText = Microsoft.CodeAnalysis.Text.SourceText;
using SourceText = KnDsl.Language.Text.SourceText;

namespace KnDsl.Benchmarks;

/// <summary>Times the generator as a build and an editor use it: it reads, checks and writes small, large and many networks.</summary>
internal static class GeneratorBenchmark
{
    private static readonly string Cases = Path.Combine(Repository.Cases, "published");

    public static void Run()
    {
        // First, while nothing has been compiled yet: the compiler of a build is cold too.
        var cold = Stopwatch.StartNew();
        var driver = Driver(Files(200)).RunGenerators(Compilation());
        var figures = new List<string> { Figure("cold_200_s", cold.Elapsed.TotalSeconds) };
        var generated = driver.GetRunResult().GeneratedTrees.Length;
        Console.WriteLine($"200 files of a ResNet-18, cold: {cold.Elapsed.TotalSeconds:F2} s, {generated} classes' files");
        if (generated != 200)
            throw new InvalidOperationException($"200 files made {generated}: {driver.GetRunResult().Diagnostics.FirstOrDefault()}");

        figures.Add(Figure("resnet50_warm_ms", ResNet50()));
        figures.Add(Figure("layers1000_ms", Layers()));
        var (linearity, kilobytes) = GeneratorStages.Run(Network);
        figures.Add(Figure("layers2000_over_250", linearity));
        figures.Add(Figure("kB_a_layer", kilobytes));
        foreach (var count in new[] { 100, 200 })
            figures.Add(Figure($"edit_of_{count}_ms", Edit(count)));
        Console.WriteLine(string.Join(" ", figures));
    }

    private static double ResNet50()
    {
        var path = Path.Combine(Cases, "ResNet50", "net.knnet");
        var text = File.ReadAllText(path);
        var time = Warm(() => Generate(path, text), TimeSpan.FromSeconds(6));
        Console.WriteLine($"ResNet-50, parse, check and emit, warm: {time}");
        return time.Median;
    }

    private static double Layers()
    {
        var text = Network(1000);
        var time = Warm(() => Generate("layers.knnet", text), TimeSpan.FromSeconds(6));
        Console.WriteLine($"1000 convolutions, each with norm, relu and a join to the one before: {time}");
        return time.Median;
    }

    private static double Edit(int count)
    {
        var files = Files(count);
        var compilation = Compilation();
        var driver = Driver(files).RunGenerators(compilation);
        var turn = 0;
        var current = files[count / 2];
        var time = Warm(() =>
        {
            var next = new Text(current.Path, ResNet18(count / 2, 100 + turn++ % 50));
            driver = driver.ReplaceAdditionalText(current, next).RunGenerators(compilation);
            current = next;
        }, TimeSpan.FromSeconds(6));
        Console.WriteLine($"One edit among {count} files: {time}");
        return time.Median;
    }

    private static void Generate(string path, string text)
    {
        var file = CheckedFile.Check(
            new SourceText(path, text), new OtherFiles(static imported => new SourceText(imported, File.ReadAllText(imported))));
        if (file.Diagnostics.Count > 0 || FileWriter.Emit(file, "Project", []) is null)
            throw new InvalidOperationException($"{path}: {file.Diagnostics.FirstOrDefault()?.Text}");
    }

    /// <summary>Times an action after as many turns as the just-in-time compiler needs to finish with it.</summary>
    private static Timing Warm(Action action, TimeSpan duration)
    {
        var warmUp = Stopwatch.StartNew();
        for (var turn = 0; turn < 60 && warmUp.Elapsed < duration || turn < 5; turn++)
            action();
        Thread.Sleep(300);
        return Interleaved.Run(5, duration / 2, ("", action))[""];
    }

    private static Text[] Files(int count) =>
        [.. Enumerable.Range(0, count).Select(i => new Text($"/project/net{i}.knnet", ResNet18(i, 1000)))];

    private static string ResNet18(int number, int classes) => File.ReadAllText(Path.Combine(Cases, "ResNet18", "net.knnet"))
        .Replace("namespace Cases.ResNet18", $"namespace Project.Net{number}").Replace("classes: int = 1000", $"classes: int = {classes}");

    /// <summary>Layers in one body. This form is the hardest, since no block is checked once for many uses.</summary>
    private static string Network(int layers)
    {
        var text = new StringBuilder("""
            network Layers(policy: norm = kalman())
            {
                input  image[N, 64, 8*h, 8*w]
                norm = policy

                x = image -> stem: conv(64, 3) -> norm: norm

            """);
        for (var i = 0; i < layers; i++)
            text.Append(CultureInfo.InvariantCulture, $"    y = x -> conv{i}: conv(64, 3) -> bn{i}: norm -> relu\n    x = x + y\n");
        return text.Append("    output x[N, 64, 8*h, 8*w]\n}\n").ToString();
    }

    private static GeneratorDriver Driver(IEnumerable<AdditionalText> texts) =>
        CSharpGeneratorDriver.Create([new KnnetGenerator().AsSourceGenerator()], texts);

    private static CSharpCompilation Compilation() => CSharpCompilation.Create("Project");

    private static string Figure(string name, double value) => string.Create(CultureInfo.InvariantCulture, $"{name}: {value:F3}");

    private sealed class Text(string path, string content) : AdditionalText
    {
        private readonly RoslynText _text = RoslynText.From(content);

        public override string Path => path;

        public override RoslynText GetText(CancellationToken cancellationToken = default) => _text;
    }
}
