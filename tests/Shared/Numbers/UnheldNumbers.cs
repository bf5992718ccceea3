using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace KnDsl.Tests;

/// <summary>The places in C# where a number is made for native code and held by nothing while that code reads it.</summary>
internal static class UnheldNumbers
{
    /// <summary>The places where a number is made and held by nothing.</summary>
    public static IEnumerable<SyntaxNode> In(SemanticModel model) =>
        from node in model.SyntaxTree.GetRoot().DescendantNodes()
        from operation in WithConversion(model.GetOperation(node))
        where MakesNumber(operation) && !IsHeld(operation)
        select node;

    /// <summary>A call that makes a number, and a module of TorchSharp's whose forward pass does.</summary>
    private static bool MakesNumber(IOperation operation) => NumberMakers.Contain(MethodOf(operation))
        || operation is IInvocationOperation or IObjectCreationOperation
            && operation.Type?.GetMembers("forward").OfType<IMethodSymbol>().Any(NumberMakers.Contain) == true;

    /// <summary>An operation, and the conversion of its result that nothing in the source shows.</summary>
    private static IEnumerable<IOperation> WithConversion(IOperation? operation)
    {
        if (operation is not null)
            yield return operation;
        if (operation?.Parent is IConversionOperation { IsImplicit: true } conversion)
            yield return conversion;
    }

    private static IMethodSymbol? MethodOf(IOperation operation) => operation switch
    {
        IConversionOperation conversion => conversion.OperatorMethod,
        IInvocationOperation call => call.TargetMethod,
        IObjectCreationOperation creation => creation.Constructor,
        IBinaryOperation binary => binary.OperatorMethod,
        ICompoundAssignmentOperation assignment => assignment.OperatorMethod,
        IUnaryOperation unary => unary.OperatorMethod,
        IPropertyReferenceOperation property => property.Property.GetMethod,
        _ => null,
    };

    /// <summary>A field, a property and a <c>using</c> declaration hold a number.</summary>
    private static bool IsHeld(IOperation operation) => operation.Type?.Name == "Scalar" && operation.Parent switch
    {
        IFieldInitializerOperation or IPropertyInitializerOperation => true,
        IVariableInitializerOperation { Parent.Parent.Parent.Parent: IUsingDeclarationOperation } => true,
        IVariableInitializerOperation { Parent.Parent.Parent: IUsingOperation } => true,
        _ => false,
    };
}
