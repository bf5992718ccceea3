using System.Linq;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Xunit;

namespace KnDsl.Architecture.Tests;

/// <summary>How the runtime's modules come to have parameters.</summary>
public sealed class RegistrationTests
{
    /// <summary>In native code reflection finds no field; nothing would be registered, and nothing would say so.</summary>
    [Fact]
    public void The_runtime_registers_by_name() => Violation.CheckNone([
        .. from file in Sources.Below("Runtime")
           from call in file.GetRoot().DescendantNodes().OfType<InvocationExpressionSyntax>()
           where call.Expression.ToString() == "RegisterComponents"
           select new Violation(file.FilePath, Sources.LineOf(call), "registers what reflection finds"),
    ]);
}
