using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Text;
using KnDsl.Generator.Writing;
using KnDsl.Language.Checking;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Xunit;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace KnDsl.Generator.Tests;

/// <summary>
/// Random networks, written as C#, compiled, built and run: for a file without errors the code compiles without a warning,
/// runs forwards and backwards in both modes, and leaves no tensor behind. KNDSL_NETWORKS=5000 asks for more than a few,
/// KNDSL_NETWORKS_SEED for others.
/// </summary>
public sealed class RandomNetworkTests(ITestOutputHelper output) : TorchTest
{
    private const int Batch = 50;

    private sealed record Written(int Seed, string Source, string Code);

    [Fact]
    public void CodeOfAFileWithoutErrorsCompilesAndRuns()
    {
        var count = int.TryParse(Environment.GetEnvironmentVariable("KNDSL_NETWORKS"), out var wanted) ? wanted : 100;
        var first = int.TryParse(Environment.GetEnvironmentVariable("KNDSL_NETWORKS_SEED"), out var chosen) ? chosen : 1;
        var (right, refusedCalls) = (0, 0);
        var problems = new List<string>();
        for (var start = first; start < first + count; start += Batch)
        {
            var written = Enumerable.Range(start, Math.Min(Batch, first + count - start)).Select(Write).OfType<Written>().ToArray();
            right += written.Length;
            var (assembly, errors) = Compile(written);
            problems.AddRange(errors);
            if (assembly is not null)
                problems.AddRange(written.Select(one => Run(assembly, one, ref refusedCalls)).OfType<string>());
        }
        output.WriteLine($"{count} networks from seed {first}: {right} right, {refusedCalls} constructor calls refused.");
        Assert.True(problems.Count == 0,
            string.Join($"{Environment.NewLine}{Environment.NewLine}",
                problems.Take(int.TryParse(Environment.GetEnvironmentVariable("KNDSL_NETWORKS_SHOWN"), out var shown) ? shown : 3)));
        Assert.True(right > count / 3, $"Only {right} of {count} networks are right.");
    }

    private static Written? Write(int seed)
    {
        var source = RandomNetwork.Make(seed, $"Random{seed}");
        var file = CheckedFile.Check(new Language.Text.SourceText($"{seed}.knnet", source));
        return file.Diagnostics.Any(found => found.Severity == Language.Diagnostics.Severity.Error) ? null
            : new Written(seed, source, FileWriter.Emit(file, "", [])!);
    }

    private static CSharpCompilation CompilationOf(IEnumerable<Written> written) => Host.Compilation().AddSyntaxTrees(written.Select(one =>
        CSharpSyntaxTree.ParseText(one.Code, Host.ParseOptions, $"{one.Seed}.g.cs", Encoding.UTF8)));

    private static (Assembly?, IReadOnlyList<string>) Compile(IReadOnlyList<Written> written)
    {
        using var image = new MemoryStream();
        var result = CompilationOf(written).Emit(image);
        if (result.Success)
            return (Assembly.Load(image.ToArray()), []);
        return (null, result.Diagnostics.Where(found => found.Severity == DiagnosticSeverity.Error)
            .GroupBy(found => found.Location.GetLineSpan().Path).Select(group =>
                $"Seed {Path.GetFileName(group.Key)}: {string.Join(Environment.NewLine, group.DistinctBy(found => found.Id))}"
                    + $"{Environment.NewLine}{written.First(one => $"{one.Seed}.g.cs" == group.Key).Source}").ToArray());
    }

    /// <summary>Builds and runs a network with several arguments; what went wrong, or null.</summary>
    private static string? Run(Assembly assembly, Written written, ref int refused)
    {
        var constructor = assembly.GetType($"Random{written.Seed}.Net")!.GetConstructors().Single();
        foreach (var change in new[] { "", "flag", "wide", "width", "depth", "depths" })
        {
            if (change.Length > 0 && constructor.GetParameters().All(parameter => parameter.Name != change))
                continue;
            using var scope = NewDisposeScope();
            try
            {
                using var network = (nn.Module<Tensor, Tensor>)constructor.Invoke(
                    [.. constructor.GetParameters().Select(parameter => parameter.Name != change ? parameter.DefaultValue : change switch
                {
                    "flag" => false,
                    "wide" => true,
                    "width" => 6,
                    "depth" => 1,
                    _ => new[] { 1, 2, 3 },
                })]);
                foreach (var training in new[] { true, false })
                {
                    network.train(training);
                    var input = randn(2, 3, 6, 8);
                    var before = scope.DisposablesCount;
                    var result = network.call(input);
                    if (result.shape is not [2, 2])
                        return Problem($"gives [{string.Join(", ", result.shape)}]");
                    if (scope.DisposablesCount != before + 1)
                        return Problem($"leaves {scope.DisposablesCount - before - 1} tensors behind");
                    if (training)
                        result.sum().backward();
                }
            }
            catch (TargetInvocationException exception) when (change.Length > 0 && exception.InnerException is ArgumentException refusal
                && refusal.Message.StartsWith("KN", StringComparison.Ordinal))
            {
                refused++;
            }
            catch (Exception exception)
            {
                return Problem($"threw {(exception as TargetInvocationException)?.InnerException ?? exception}");
            }

            string Problem(string what) =>
                $"Seed {written.Seed}, {(change.Length > 0 ? $"another '{change}'" : "at its defaults")}: "
                    + $"{what}{Environment.NewLine}{written.Source}";
        }
        return null;
    }
}
