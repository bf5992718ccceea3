using System.IO;
using System.Linq;
using System.Text;
using KnDsl.Language.Plan;
using Microsoft.CodeAnalysis;
using Xunit;

namespace KnDsl.Generator.Tests;

/// <summary>What is written for each form of the language: a text for each stage, beside the case.</summary>
[Collection(TorchTests.Name)]
public sealed class EmissionTests
{
    public static TheoryData<string> Cases => [.. GeneratedCase.Names];

    private static void Match(string name, string file, string text) =>
        Expected.InFile(Path.Combine(GeneratedCase.Folder(name), file), text);

    [Theory]
    [MemberData(nameof(Cases))]
    public void DiagnosticsAreAsBefore(string name)
    {
        var text = new StringBuilder();
        foreach (var diagnostic in GeneratedCase.Of(name).Diagnostics)
        {
            text.Append(diagnostic.Id).Append(' ').Append(diagnostic.Severity).Append(' ').Append(diagnostic.Location.GetLineSpan().Span)
                .Append(": ")
                .Append(diagnostic.GetMessage()).Append('\n');
        }

        Match(name, "diagnostics.txt", text.Length == 0 ? "none\n" : text.ToString());
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void WiringIsAsBefore(string name)
    {
        var text = new StringBuilder();
        var rows = LayerTable.Of(GeneratedCase.Of(name).Network).Select(row => new[]
        {
            row.Name, row.Operation, row.Output, $"{row.Parameters} parameters", $"{row.Macs} MACs", row.Prior,
        }).ToArray();
        foreach (var row in rows)
        {
            text.Append(string.Join("  ", row.Select((cell, i) => cell.PadRight(rows.Max(other => other[i].Length)))).TrimEnd())
                .Append('\n');
        }

        Match(name, "wiring.txt", text.ToString());
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void CodeIsAsBefore(string name) => Match(name, "code.cs", GeneratedCase.Of(name).Code);

    [Fact]
    public void TheDocumentationOfANormSaysWhatFeedsIt()
    {
        var code = GeneratedCase.Inline("""
            network Net(policy: norm = kalman())
            {
                input  image[N, 3, 8, 8]
                norm = policy
                x = image -> conv1: conv(4, 3) -> first: norm -> relu -> conv2: conv(4, 3) -> second: norm
                x = x -> cut: layernorm(axis: 1) -> third: norm -> plain: norm(group(2))
                output x[N, 4, 8, 8]
            }
            """).Code;
        Assert.Contains("<summary>norm: [N, 4, 8, 8]. Prior: none, begins the chain.</summary>", code);
        Assert.Contains("<summary>norm: [N, 4, 8, 8]. Prior: first (relu, conv).</summary>", code);
        Assert.Contains("<summary>norm: [N, 4, 8, 8]. Prior: none, cut by layernorm.</summary>", code);
        Assert.Contains("<summary>norm(group(2)): [N, 4, 8, 8].</summary>", code);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void StateIsAsBefore(string name)
    {
        using var network = GeneratedCase.Of(name).CreateNetwork();
        var text = new StringBuilder();
        foreach (var (key, tensor) in network.state_dict())
            text.Append(key).Append(" [").Append(string.Join(", ", tensor.shape)).Append("]\n");
        Match(name, "state.txt", text.ToString());
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void CompilesWithoutAnyWarning(string name)
    {
        var found = GeneratedCase.Of(name).Compile().GetDiagnostics().Where(diagnostic => diagnostic.Severity != DiagnosticSeverity.Hidden);
        Assert.Empty(found.Select(diagnostic => diagnostic.ToString()));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void LinesAreTidy(string name)
    {
        var lines = GeneratedCase.Of(name).Code.Split('\n');
        Assert.All(lines, line => Assert.Equal(line.TrimEnd(), line));
        Assert.DoesNotContain(true, lines.Zip(lines.Skip(1), (line, next) => line.Length == 0 && next.Length == 0 && next != lines[^1]));
        Assert.DoesNotContain('\t', GeneratedCase.Of(name).Code);
    }
}
