using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Xunit;
using Xunit.Abstractions;

namespace KnDsl.Generator.Tests;

/// <summary>
/// What passes the checks compiles, in a project as strict as can be. 500 varied networks from a fixed seed; KNDSL_FUZZ=50000
/// asks for more, KNDSL_FUZZ_SEED for others.
/// </summary>
public sealed class CompiledFuzzTests(ITestOutputHelper output)
{
    /// <summary>No file may take so long, compiled or not: it would be one that never ends.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    /// <summary>Every network that somebody wrote: those of the cases, of the samples and of the pages.</summary>
    private static readonly IReadOnlyList<string> RealFiles =
    [
        .. new[] { Repository.Cases, Path.Combine(Repository.Root, "Samples") }
            .SelectMany(folder => Directory.GetFiles(folder, "*.knnet", SearchOption.AllDirectories))
            .Where(path =>
                !Path.GetRelativePath(Repository.Root, path).Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"))
            .OrderBy(path => path, StringComparer.Ordinal).Select(File.ReadAllText).Where(text => text.Length < 4_000),
        .. Directory.GetFiles(Path.Combine(Repository.Root, "docs"), "*.md").Append(Path.Combine(Repository.Root, "README.md"))
            .OrderBy(path => path, StringComparer.Ordinal)
            .SelectMany(path => Regex.Matches(File.ReadAllText(path), "```knnet\n(.*?)```", RegexOptions.Singleline))
            .Select(match => match.Groups[1].Value),
    ];

    [Fact]
    public void What_passes_the_checks_compiles()
    {
        var count = int.TryParse(Environment.GetEnvironmentVariable("KNDSL_FUZZ"), out var wanted) ? wanted : 500;
        var first = int.TryParse(Environment.GetEnvironmentVariable("KNDSL_FUZZ_SEED"), out var chosen) ? chosen : 1;
        var right = RealFiles.Where(Variation.IsRight).ToArray();
        var (compiled, slowest) = (0, TimeSpan.Zero);
        var problems = new List<string>();
        for (var seed = first; seed < first + count; seed++)
        {
            var (path, text, code) = Variation.Make(seed, right, RealFiles);
            var watch = Stopwatch.StartNew();
            var (problem, isCompiled) = Try(path, text, code);
            if (watch.Elapsed > Limit)
            {
                // Other work on the machine may have stopped this one for long, but hardly twice.
                watch.Restart();
                (problem, isCompiled) = Try(path, text, code);
            }

            compiled += isCompiled ? 1 : 0;
            slowest = watch.Elapsed > slowest ? watch.Elapsed : slowest;
            if (watch.Elapsed > Limit)
                problem ??= $"took {watch.Elapsed.TotalSeconds:0} s";
            if (problem is not null)
                problems.Add($"Seed {seed}: {problem} in {path}\n{Reduced(path, text, code, problem)}\n{code}");
        }
        output.WriteLine($"{count} files from seed {first}: {compiled} compiled; the slowest took {slowest.TotalMilliseconds:0} ms.");
        Assert.True(problems.Count == 0, $"{problems.Count} of {compiled}:\n{string.Join("\n\n", problems)}");
        // Were hardly any of them right, nothing would be shown.
        Assert.True(compiled > count / 10);
    }

    /// <summary>The first thing that is wrong with a network's code, or null; and whether there was any code to compile.</summary>
    private static (string? Problem, bool IsCompiled) Try(string path, string text, string code)
    {
        var project = code.Length == 0 ? Host.Compilation() : Host.Compilation(code);
        var result = Host.Driver([Host.Text(path, text)]).RunGenerators(project).GetRunResult().Results.Single();
        if (result.Exception is { } exception)
            return ($"threw {exception.GetType().Name}: {exception.Message}", false);
        if (result.Diagnostics.FirstOrDefault(diagnostic => diagnostic.Id == "KN0901") is { } fault)
            return (fault.GetMessage(), false);
        if (result.Diagnostics.Any(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error))
            return (null, false);
        var generated = result.GeneratedSources.Select(source =>
            CSharpSyntaxTree.ParseText(source.SourceText, Host.ParseOptions, source.HintName)).ToArray();
        var found = project.AddSyntaxTrees(generated).GetDiagnostics()
            .FirstOrDefault(diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning);
        return (found is null ? null : $"{found} in: {LineOf(found)}", generated.Length > 0);
    }

    /// <summary>The line of code that is wrong.</summary>
    private static string LineOf(Diagnostic found) => found.Location.SourceTree is { } tree && tree.GetText() is var text
        ? text.Lines.GetLineFromPosition(found.Location.SourceSpan.Start).ToString().Trim() : "";

    /// <summary>The lines without which the same goes wrong no more.</summary>
    private static string Reduced(string path, string text, string code, string problem)
    {
        var lines = text.Split('\n').ToList();
        for (var size = lines.Count / 2; size >= 1; size /= 2)
        {
            for (var start = 0; start + size <= lines.Count; start++)
            {
                var fewer = lines.Take(start).Concat(lines.Skip(start + size)).ToList();
                if (Kind(Try(path, string.Join("\n", fewer), code).Problem) == Kind(problem))
                    (lines, start) = (fewer, start - 1);
            }
        }
        return string.Join("\n", lines);
    }

    /// <summary>What goes wrong, without where.</summary>
    private static string? Kind(string? problem) =>
        problem is null ? null : Regex.Match(problem, @"\w+\d{4}") is { Success: true } code ? code.Value : problem.Split(':')[0];
}
