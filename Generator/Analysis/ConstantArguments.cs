using System.Linq;
using KnDsl.Generator.Naming;
using KnDsl.Language.Operations;
using KnDsl.Language.Values;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace KnDsl.Generator.Analysis;

/// <summary>Reads C# arguments that are known at compile time as values of the language.</summary>
internal static class ConstantArguments
{
    /// <summary>The value, or null where it is only known when the program runs.</summary>
    public static Value? Read(IOperation operation, string type)
    {
        operation = Unwrapped(operation);
        if (operation.ConstantValue is { HasValue: true, Value: { } constant })
            return (type, constant) switch
            {
                ("int", int number) => new SizeValue(number),
                ("float", int number) => new FloatValue(number),
                ("float", float number) => new FloatValue(number),
                ("float", double number) => new FloatValue(number),
                ("bool", bool flag) => new BoolValue(flag),
                _ => null,
            };
        if (operation is IInvocationOperation call && type == "norm")
            return Policy(call);
        var items = operation switch
        {
            IArrayCreationOperation { Initializer: { } initializer } => initializer.ElementValues,
            ICollectionExpressionOperation collection => collection.Elements,
            _ => default,
        };
        if (items.IsDefault)
            return null;
        var values = items.Select(item => Read(item, type)).ToArray();
        return values.All(value => value is not null) ? new ListValue(values!) : null;
    }

    /// <summary>The policy that a call makes, or null where it makes none.</summary>
    public static NormPolicyDefinition? PolicyOf(IInvocationOperation call) =>
        call.TargetMethod.ContainingType is { Name: "NormPolicy", ContainingNamespace: { Name: "KnDsl" } space }
            && space.ContainingNamespace.IsGlobalNamespace
            ? NormPolicies.All.FirstOrDefault(policy => CSharpNames.PolicyFactory(policy.Name) == call.TargetMethod.Name)
            : null;

    /// <summary>A number that is known at compile time, whatever it is converted to.</summary>
    public static double? Number(IOperation operation) => Unwrapped(operation).ConstantValue switch
    {
        { HasValue: true, Value: int number } => number,
        { HasValue: true, Value: long number } => number,
        { HasValue: true, Value: float number } => number,
        { HasValue: true, Value: double number } => number,
        _ => null,
    };

    private static IOperation Unwrapped(IOperation operation)
    {
        while (operation is IConversionOperation conversion && !conversion.ConstantValue.HasValue)
            operation = conversion.Operand;
        return operation;
    }

    /// <summary>A call of a policy's factory; of its settings only the groups matter to shapes.</summary>
    private static PolicyValue? Policy(IInvocationOperation call)
    {
        if (PolicyOf(call) is not { } policy)
            return null;
        var groups = call.Arguments.FirstOrDefault(argument => argument.Parameter?.Name == "groups");
        Size? size = null;
        if (groups is not null)
        {
            // A number out of its range is reported at the argument.
            if (groups.Value.ConstantValue is not { HasValue: true, Value: int number and >= 1 })
                return null;
            size = Size.Of(number);
        }
        return new PolicyValue(new OpaquePolicy(call.Syntax.ToString()), policy.HasChain, size, PolicyParameters.Affine);
    }
}
