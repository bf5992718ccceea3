using System.Linq;
using Microsoft.CodeAnalysis;
using Xunit;

namespace KnDsl.Generator.Tests;

/// <summary>Modules that nothing applies, or not in every way through a body: their code compiles, with all warnings as errors.</summary>
public sealed class UnusedModuleTests
{
    [Theory]
    [InlineData("module head = Head(3)\n    y = x -> linear(2)", "KN0125")]
    [InlineData("module head = linear(3)\n    y = x -> linear(2)", "KN0125")]
    [InlineData("module head = relu\n    y = x -> linear(2)", "KN0118")]
    [InlineData("y = x -> linear(2)\n    if deep { module head = linear(2)\n    y = y -> head }", null)]
    [InlineData("y = x -> linear(2)\n    if deep { module head = linear(2) } else { y = y -> relu }", "KN0125")]
    [InlineData("module head = linear(2)\n    y = x -> linear(2)\n    if deep { y = y -> head }", null)]
    [InlineData("module head = Head(2)\n    y = x -> linear(2)\n    for i in 0..n { y = y -> head }", null)]
    [InlineData("module head = Head(2)\n    y = x -> linear(2)\n    for i in 0..0 { y = y -> head }", null)]
    [InlineData("y = x -> linear(2)\n    for i in 0..0 { y = y -> part{i}: Head(2) }", null)]
    [InlineData("y = x -> linear(2) -> body: [ Head(2) * 0 ]", null)]
    [InlineData("y = x -> linear(2) -> body: [ Head(2) if false, Head(2) if deep ]", null)]
    [InlineData("y = x -> linear(2)\n    if false { y = y -> one: Head(2) } else { y = y -> two: Head(2) }", null)]
    public void Code_compiles_whatever_is_applied(string statements, string? code)
    {
        var text = $$"""
            network Net(deep: bool = true, n: int = 0)
            {
                input x[N, 4]
                {{statements}}
                z = y -> dropout(0.5) if deep and n == 0
                output z[N, 2]
            }

            block Head(x[N, C], width: int)
            {
                return x -> linear(width)
            }

            block Unused(x[N, C], width: int)
            {
                module head = Head(width)
                return x -> linear(width)
            }
            """;
        var generated = GeneratedCase.Inline(text);
        Assert.Equal(code is null ? ["KN0125"] : [code, "KN0125"], generated.Diagnostics.Select(found => found.Id));
        if (code == "KN0118")
            return;
        Assert.Empty(generated.Compile().GetDiagnostics().Where(found => found.Severity >= DiagnosticSeverity.Warning));
    }
}
