using System;
using System.Linq;
using Xunit;

namespace KnDsl.Architecture.Tests;

/// <summary>How the files look.</summary>
public sealed class FormTests
{
    private const int MaxColumns = 140;

    private const int MaxLines = 400;

    /// <summary>A list that grows with the language, and one source that a build compiles by itself.</summary>
    private static readonly string[] MayBeLonger = ["DiagnosticCatalogue.cs", "RepairNativeLibrary.cs"];

    [Fact]
    public void Lines_have_at_most_140_columns() => Violation.CheckNone([
        .. from file in Sources.All
           from line in file.GetText().Lines
           where line.End - line.Start > MaxColumns
           group line by file.FilePath into same
           select new Violation(same.Key, same.First().LineNumber + 1, $"more than {MaxColumns} columns"),
    ]);

    [Fact]
    public void Files_of_the_product_have_at_most_400_lines() => Violation.CheckNone([
        .. from file in Sources.All
           where !file.FilePath.StartsWith("tests/", StringComparison.Ordinal)
               && !MayBeLonger.Any(name => file.FilePath.EndsWith("/" + name, StringComparison.Ordinal))
           let lines = file.GetText().Lines.Count - 1
           where lines > MaxLines
           select new Violation(file.FilePath, MaxLines + 1, $"more than {MaxLines} lines"),
    ]);
}
