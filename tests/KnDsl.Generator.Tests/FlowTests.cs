using System;
using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using Xunit;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace KnDsl.Generator.Tests;

/// <summary>
/// What ifs, loops and stages that are left out compute: values, not only shapes. A network with parameters is held against the row of
/// statements that run for its arguments, written without ifs and loops.
/// </summary>
public sealed class FlowTests(ITestOutputHelper output) : TorchTest
{
    /// <summary>Seeds that showed a fault which the first ones do not: a loop that reads what it begins with under another name.</summary>
    private static readonly int[] Found = [20468];

    /// <summary>KNDSL_NETWORKS=5000 asks for more, KNDSL_NETWORKS_SEED for others.</summary>
    [Fact]
    public void Ifs_and_loops_compute_what_the_statements_in_them_compute()
    {
        var count = Setting("KNDSL_NETWORKS", 60);
        var first = Setting("KNDSL_NETWORKS_SEED", 1);
        var right = new List<int>();
        var text = new List<string>();
        var refused = new List<string>();
        foreach (var seed in Enumerable.Range(first, count).Concat(Found).Distinct())
        {
            var source = RandomFlow.Make(seed);
            // A warning of the language, such as of a value that is never used, is an error in this compilation.
            if (GeneratedCase.Inline(source).Diagnostics
                .FirstOrDefault(found => found.DefaultSeverity == DiagnosticSeverity.Error) is { } error)
            {
                refused.Add($"{error}\n{source}");
                continue;
            }
            right.Add(seed);
            text.Add(source);
        }
        Assert.True(right.Count > count / 2, $"only {right.Count} of {count} are right. {string.Join("\n", refused.Take(2))}");
        var problems = new List<string>();
        for (var i = 0; i < right.Count; i += 20)
        {
            var @case = GeneratedCase.Inline(string.Concat(text.Skip(i).Take(20)));
            for (var j = i; j < Math.Min(i + 20, right.Count); j++)
                problems.AddRange(Problems(@case, right[j]).Take(1).Select(problem => $"seed {right[j]}, {problem}\n{text[j]}"));
        }
        output.WriteLine($"{count} networks from seed {first}: {right.Count} right.");
        Assert.True(problems.Count == 0, $"{problems.Count} of {right.Count} differ. {string.Join("\n", problems.Take(2))}");
    }

    private static int Setting(string name, int usual) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), out var wanted) ? wanted : usual;

    private static IEnumerable<string> Problems(GeneratedCase @case, int seed)
    {
        for (var i = 0; i < RandomFlow.Arguments.Count; i++)
        {
            var (n, k, f) = RandomFlow.Arguments[i];
            using var scope = NewDisposeScope();
            string? problem;
            try
            {
                problem = Compare(@case.Create($"Flow{seed}", ("n", n), ("k", k), ("f", f)), @case.Create($"Flow{seed}With{i}"));
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                problem = $"threw {exception.GetType().Name}: {exception.Message}";
            }
            if (problem is not null)
                yield return $"n = {n}, k = {k}, f = {f}: {problem}";
        }
    }

    private static string? Compare(nn.Module network, nn.Module constant)
    {
        var (entries, others) = (network.state_dict(), constant.state_dict());
        var differing = entries.Keys.Except(others.Keys).Concat(others.Keys.Except(entries.Keys)).ToArray();
        if (differing.Length > 0)
            return $"only one has {string.Join(", ", differing)}";
        using (no_grad())
        {
            foreach (var (name, tensor) in entries)
                others[name].copy_(tensor);
        }
        var input = randn(4, 3, 5, 6);
        foreach (var training in new[] { true, false })
        {
            network.train(training);
            constant.train(training);
            var (found, expected) = (GeneratedCase.Run(network, input), GeneratedCase.Run(constant, input));
            for (var i = 0; i < found.Length; i++)
            {
                if (!found[i].allclose(expected[i], 1e-4, 1e-5))
                    return $"output {i} differs by {(found[i] - expected[i]).abs().max().item<float>()}, training: {training}";
            }
        }
        return null;
    }
}
