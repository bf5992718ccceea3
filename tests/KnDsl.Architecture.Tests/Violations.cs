using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Xunit.Sdk;

namespace KnDsl.Architecture.Tests;

/// <summary>Something that a rule forbids.</summary>
/// <param name="File">The file, from the root.</param>
/// <param name="Line">The line, from one.</param>
/// <param name="What">What is forbidden there.</param>
internal sealed record Violation(string File, int Line, string What)
{
    /// <summary>What stays the same when lines move.</summary>
    public string Key => $"{File}: {What}";

    public override string ToString() => $"{File}({Line}): {What}";
}

/// <summary>Compares what is found with what is known: the known lists shrink, and nothing is added to them.</summary>
internal static class Violations
{
    /// <summary>
    /// Fails on a violation that is not known and on a known one that is gone. KNDSL_UPDATE=1 takes out those that are gone; what is
    /// new stays an error.
    /// </summary>
    /// <param name="rule">The name of the rule; its known violations are in Known/RULE.txt, which need not exist.</param>
    /// <param name="found">What breaks it today.</param>
    public static void Check(string rule, IReadOnlyCollection<Violation> found)
    {
        var path = Path.Combine(Repository.Root, "tests", "KnDsl.Architecture.Tests", "Known", rule + ".txt");
        var known = File.Exists(path) ? File.ReadAllLines(path).Where(line => line.Length > 0).ToArray() : [];
        var keys = found.Select(violation => violation.Key).ToHashSet();
        var gone = known.Where(line => !keys.Contains(line)).ToArray();
        if (gone.Length > 0 && Environment.GetEnvironmentVariable("KNDSL_UPDATE") == "1")
        {
            File.WriteAllLines(path, known.Except(gone));
            gone = [];
        }
        var added = found.Where(violation => !known.Contains(violation.Key)).ToArray();
        if (added.Length + gone.Length > 0)
        {
            throw new XunitException(string.Join("\n", [
                .. added.Select(violation => violation.ToString()),
                .. gone.Select(line => $"Known/{rule}.txt: this is gone, take it out: {line}")]));
        }
    }
}
