using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Text;
using KnDsl.Generator.Writing;
using KnDsl.Language.Checking;
using KnDsl.Language.Plan;
using KnDsl.Language.Syntax;
using KnDsl.Language.Values;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using TorchSharp;
using Xunit;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace KnDsl.Generator.Tests;

/// <summary>
/// Random networks, written as C#, compiled, built and run: for a file without errors the code compiles without a warning,
/// runs forwards and backwards in both modes, and leaves no tensor behind. For its defaults and for other arguments, the modules that
/// it has, the table of layers and what an interpreter makes of the plan are the same. KNDSL_NETWORKS=5000 asks for more than a few,
/// KNDSL_NETWORKS_SEED for others.
/// </summary>
public sealed class RandomNetworkTests(ITestOutputHelper output) : TorchTest
{
    private const int Batch = 50;

    private sealed record Written(int Seed, string Source, string Code, CheckedModule Network);

    [Fact]
    public void CodeOfAFileWithoutErrorsCompilesAndRuns()
    {
        var count = int.TryParse(Environment.GetEnvironmentVariable("KNDSL_NETWORKS"), out var wanted) ? wanted : 100;
        var first = int.TryParse(Environment.GetEnvironmentVariable("KNDSL_NETWORKS_SEED"), out var chosen) ? chosen : 1;
        var (right, refusedCalls, overflowing) = (0, 0, 0);
        var problems = new List<string>();
        for (var start = first; start < first + count; start += Batch)
        {
            var written = Enumerable.Range(start, Math.Min(Batch, first + count - start)).Select(Write).OfType<Written>().ToArray();
            right += written.Length;
            var (assembly, errors) = Compile(written);
            problems.AddRange(errors);
            if (assembly is not null)
                problems.AddRange(written.Select(one => Run(assembly, one, ref refusedCalls, ref overflowing)).OfType<string>());
        }
        output.WriteLine($"{count} networks from seed {first}: {right} right, {refusedCalls} constructor calls refused, "
            + $"{overflowing} with values that are not finite.");
        Assert.True(overflowing <= 1 + right / 20, $"Values of {overflowing} of {right} networks are not finite.");
        Assert.True(problems.Count == 0,
            string.Join($"{Environment.NewLine}{Environment.NewLine}",
                problems.Take(int.TryParse(Environment.GetEnvironmentVariable("KNDSL_NETWORKS_SHOWN"), out var shown) ? shown : 3)));
        Assert.True(right > count / 3, $"Only {right} of {count} networks are right.");
    }

    private static CheckedFile Check(int seed, string? change = null) => CheckedFile.Check(
        new Language.Text.SourceText($"{seed}.knnet", RandomNetwork.Make(seed, $"Random{seed}", change)));

    private static bool IsRight(CheckedFile file) => file.Diagnostics.All(found => found.Severity != Language.Diagnostics.Severity.Error);

    private static CheckedModule NetworkOf(CheckedFile file) => file.Modules.First(module => module.Declaration.Kind == ModuleKind.Network);

    private static Written? Write(int seed) => Check(seed) is var file && IsRight(file)
        ? new Written(seed, file.Syntax.Source.Content, FileWriter.Emit(file, "", [])!, NetworkOf(file))
        : null;

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
    private static string? Run(Assembly assembly, Written written, ref int refused, ref int overflowing)
    {
        var constructor = assembly.GetType($"Random{written.Seed}.Net")!.GetConstructors().Single();
        var overflows = false;
        foreach (var change in RandomNetwork.Changes.Prepend(""))
        {
            var name = change.Split(':')[0];
            if (change.Length > 0 && constructor.GetParameters().All(parameter => parameter.Name != name))
                continue;
            using var scope = NewDisposeScope();
            // The file with the argument as the default is what the class has to agree with.
            var file = change.Length > 0 ? Check(written.Seed, change) : Check(written.Seed);
            var network = NetworkOf(file);
            string? at = null;
            try
            {
                var plan = PlanInterpreter.Run(written.Network.Generic, network.Generic.Defaults, ("N", 2), ("h", 3), ("w", 4));
                at = Run(constructor, network, plan, scope, IsRight(file));
            }
            catch (ArgumentException refusal) when (!IsRight(file) && refusal.Message.StartsWith("KN", StringComparison.Ordinal))
            {
                refused++;
            }
            catch (NotFiniteNumberException)
            {
                // A value that is squared again and again: a norm says so.
                overflowing += overflows ? 0 : 1;
                overflows = true;
            }
            catch (Exception exception)
            {
                // What the language refuses for these arguments, and only data shows, need not work.
                if (IsRight(file))
                    at = $"threw {exception}";
            }
            var arguments = change.Length > 0 ? change : "at its defaults";
            if (at is not null)
                return $"Seed {written.Seed}, {arguments}: {at}{Environment.NewLine}{written.Source}";
        }
        return null;
    }

    /// <summary>Holds the class against what the plan makes of its arguments, that against the plan for these arguments alone.</summary>
    private static string? Run(ConstructorInfo constructor, CheckedModule expected, PlanInterpreter plan, DisposeScope scope,
        bool isRight)
    {
        using var network = Create(constructor, expected.Generic.Defaults);
        if (!isRight)
            return null;
        if (plan.Broken.Count > 0)
            return $"is built, though {plan.Broken[0]}";
        var table = PlanInterpreter.Run(expected.AtDefaults!, expected.Generic.Defaults, ("N", 2), ("h", 3), ("w", 4));
        if (Differs(table.Stages, plan.Stages) is { } stages)
            return $"has other stages in the table (first) than in the plan: {stages}";
        if (Differs(LayerTable.Of(expected.AtDefaults!).Select(row => row.Name), plan.Stages.Select(stage => stage.Module)) is { } rows)
            return $"has other rows in its table: {rows}";
        var modules = plan.Modules.Select(module => module.IsNorm ? (module.Path, 0) : (module.Path, module.Parameters));
        if (Differs(modules, plan.Modules.Select(module => (module.Path, module.IsNorm ? 0 : CountIn(network, module.Path)))) is { } counts)
            return $"has other modules than planned (first): {counts}";
        var more = network.named_parameters().Select(parameter => parameter.name)
            .FirstOrDefault(name => !plan.Modules.Any(module => name.StartsWith(module.Path + ".", StringComparison.Ordinal)));
        if (more is not null)
            return $"has '{more}', which is not planned";
        foreach (var training in new[] { true, false })
        {
            network.train(training);
            var input = randn(2, 3, 6, 8);
            var before = scope.DisposablesCount;
            var result = network.call(input);
            if (result.shape is not [2, 2])
                return $"gives [{string.Join(", ", result.shape)}]";
            if (scope.DisposablesCount != before + 1)
                return $"leaves {scope.DisposablesCount - before - 1} tensors behind";
            if (training)
                result.sum().backward();
        }
        return null;
    }

    private static long CountIn(nn.Module network, string path) => network.named_parameters()
        .Where(parameter => parameter.name.StartsWith(path + ".", StringComparison.Ordinal)).Sum(parameter => parameter.parameter.numel());

    private static string? Differs<T>(IEnumerable<T> one, IEnumerable<T> other)
    {
        var (a, b) = (one.ToArray(), other.ToArray());
        var at = Enumerable.Range(0, Math.Min(a.Length, b.Length)).FirstOrDefault(i => !Equals(a[i], b[i]), Math.Min(a.Length, b.Length));
        return at == a.Length && at == b.Length ? null
            : $"{(at < a.Length ? a[at] : "nothing")} and {(at < b.Length ? b[at] : "nothing")} at {at}";
    }

    private static nn.Module<Tensor, Tensor> Create(ConstructorInfo constructor, IReadOnlyDictionary<string, Value> arguments)
    {
        try
        {
            return (nn.Module<Tensor, Tensor>)constructor.Invoke([.. constructor.GetParameters().Select(parameter =>
                arguments.TryGetValue(parameter.Name!.TrimStart('_'), out var value) && value is not PolicyValue
                    ? PlanInterpreter.Read(value) switch
                    {
                        long number => (int)number,
                        object[] list when parameter.ParameterType == typeof(IReadOnlyList<int>) =>
                            list.Select(item => (int)(long)item).ToArray(),
                        object[] list => list.Select(Convert.ToDouble).ToArray(),
                        var other => other,
                    }
                    : parameter.DefaultValue)]);
        }
        catch (TargetInvocationException exception)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(exception.InnerException!);
            throw;
        }
    }
}
