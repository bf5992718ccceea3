using System;
using System.IO;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Xunit;

namespace KnDsl.Architecture.Tests;

/// <summary>
/// On a GPU, reading a value waits until all that was asked for is computed. What of vision does so says it, and losses do not; norms do so
/// in one place, where it is counted.
/// </summary>
public sealed class WaitTests
{
    /// <summary>Methods of a tensor that read its values, or whose result depends on them in its size.</summary>
    private static readonly string[] Reads = ["item", "nonzero", "data", "cpu", "masked_select", "unique", "tolist", "ToSingle", "ToInt64"];

    [Fact]
    public void What_waits_for_a_device_says_so() => Violation.CheckNone([
        .. from file in Sources.Below("Runtime/Vision")
           from call in file.GetRoot().DescendantNodes().OfType<InvocationExpressionSyntax>()
           where IsRead(call) && !call.Ancestors().OfType<MemberDeclarationSyntax>().Any(SpeaksOfWaiting)
           select new Violation(file.FilePath, Sources.LineOf(call), $"reads a value ({call}), and no documentation speaks of waiting"),
    ]);

    /// <summary>What a network does between its input and its output; it is written there how often a step waits.</summary>
    [Fact]
    public void The_runtime_reads_numbers_in_one_place() => Violation.CheckNone([
        .. from folder in new[] { "Checks", "Kernels", "Statistics", "Filter", "Norms", "Networks", "Modules" }
           from file in Sources.Below($"Runtime/Core/{folder}")
           // A script's number is on the host already.
           where Path.GetFileName(file.FilePath) is not ("DevicePath.cs" or "CompiledScript.cs")
           from call in file.GetRoot().DescendantNodes().OfType<InvocationExpressionSyntax>()
           where IsRead(call)
           select new Violation(file.FilePath, Sources.LineOf(call), $"reads a value ({call}): DevicePath.Read does, and counts it"),
    ]);

    private static bool IsRead(InvocationExpressionSyntax call) => call.Expression is MemberAccessExpressionSyntax access
        && (Reads.Contains(access.Name.Identifier.ValueText)
            || access.Name.Identifier.ValueText == "to" && call.ArgumentList.ToString() == "(CPU)");

    private static bool SpeaksOfWaiting(MemberDeclarationSyntax member) => member.GetLeadingTrivia()
        .Where(trivia => trivia.IsKind(SyntaxKind.SingleLineDocumentationCommentTrivia))
        .Any(trivia => trivia.ToFullString() is var text && text.Contains("wait", StringComparison.OrdinalIgnoreCase)
            && !text.Contains("Waits for no device", StringComparison.Ordinal));
}
