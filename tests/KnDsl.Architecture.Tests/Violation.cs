using System.Collections.Generic;
using System.Linq;
using Xunit.Sdk;

namespace KnDsl.Architecture.Tests;

/// <summary>Something that a rule forbids.</summary>
/// <param name="File">The file, from the root.</param>
/// <param name="Line">The line, from one.</param>
/// <param name="What">What is forbidden there.</param>
internal sealed record Violation(string File, int Line, string What)
{
    public override string ToString() => $"{File}({Line}): {What}";

    /// <summary>Fails with the file and the line of each.</summary>
    public static void CheckNone(IReadOnlyCollection<Violation> found)
    {
        if (found.Count > 0)
            throw new XunitException(string.Join("\n", found.Select(violation => violation.ToString())));
    }
}
