using System.Linq;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Xunit;

namespace KnDsl.Architecture.Tests;

/// <summary>
/// A tensor that no code after a loop names is freed by a garbage collection of another thread, while the loop goes over its memory:
/// compiled code holds what is still to be used, and an address is no use of the tensor.
/// </summary>
public sealed class KeptTests
{
    [Fact]
    public void Tensors_are_kept_until_a_loop_over_their_memory_has_ended() => Violation.CheckNone([
        .. from folder in new[] { "Runtime/Core", "Runtime/Training", "Runtime/Vision" }
           from file in Sources.Below(folder)
           from call in file.GetRoot().DescendantNodes().OfType<InvocationExpressionSyntax>()
           where call.Expression.ToString() == "ParallelLoop.Run" && !IsKeptAfter(call)
           select new Violation(file.FilePath, Sources.LineOf(call), "is a loop that no NativeTensor.Keep follows, with all that it reads"),
    ]);

    private static bool IsKeptAfter(InvocationExpressionSyntax call) =>
        call.Parent is ExpressionStatementSyntax { Parent: BlockSyntax block } loop
        && block.Statements.ElementAtOrDefault(block.Statements.IndexOf(loop) + 1) is ExpressionStatementSyntax next
        && next.ToString().StartsWith("NativeTensor.Keep(", System.StringComparison.Ordinal);
}
