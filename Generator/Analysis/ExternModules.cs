using System.Collections.Generic;
using System.Linq;
using KnDsl.Generator.Pipeline;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Text;
using Microsoft.CodeAnalysis;

namespace KnDsl.Generator.Analysis;

/// <summary>Holds extern declarations against the real classes. It alone looks at C# types, so only it runs when C# code changes.</summary>
internal static class ExternModules
{
    public static IEnumerable<Finding> Check(ExternFact fact, Compilation compilation)
    {
        if (Find(fact.TypeName, compilation) is not { } type)
        {
            yield return Finding.Of(DiagnosticCatalogue.ExternNotFound(At(fact.Place), fact.TypeName), fact.Place);
            yield break;
        }
        var module = BaseTypes(type).FirstOrDefault(candidate => candidate is { Name: "Module", IsGenericType: true }
            && candidate.ContainingType?.ToDisplayString() == "TorchSharp.torch.nn");
        if (module is null || type.IsAbstract || !IsPublic(type))
        {
            yield return Finding.Of(DiagnosticCatalogue.ExternNoModule(At(fact.Place), fact.TypeName), fact.Place);
            yield break;
        }
        if (module.TypeArguments.Length != fact.Inputs + 1
            || module.TypeArguments.Any(argument => argument.ToDisplayString() != "TorchSharp.torch.Tensor"))
            yield return Finding.Of(DiagnosticCatalogue.ExternForward(At(fact.Place), fact.TypeName, fact.Inputs,
                $"forward({string.Join(", ", module.TypeArguments.Take(module.TypeArguments.Length - 1).Select(Short))}) -> "
                    + $"{Short(module.TypeArguments.Last())}"), fact.Place);
        var constructors = type.InstanceConstructors.Where(constructor =>
            compilation.IsSymbolAccessibleWithin(constructor, compilation.Assembly) && !NeedsInitializer(constructor)).ToArray();
        if (!constructors.Any(constructor => Fits(constructor, fact)))
            yield return Finding.Of(DiagnosticCatalogue.ExternConstructor(At(fact.Place), fact.TypeName,
                $"({string.Join(", ", fact.Parameters.Select(parameter => $"{CSharpType(parameter.Type)} {parameter.Name}"))})",
                constructors.Length == 0 ? "none that can be called without setting required members" : string.Join(" or ",
                    constructors.Select(constructor =>
                        $"({string.Join(", ", constructor.Parameters.Select(Described))})"))), fact.Place);
    }

    private static string Described(IParameterSymbol parameter) =>
        (parameter.RefKind is RefKind.Ref ? "ref " : parameter.RefKind is RefKind.Out ? "out " : "")
        + $"{Short(parameter.Type)} {parameter.Name}";

    /// <summary>The class of a name; one inside another class has a plus sign before its own name in metadata.</summary>
    private static INamedTypeSymbol? Find(string name, Compilation compilation)
    {
        while (true)
        {
            if (compilation.GetTypeByMetadataName(name) is { } type)
                return type;
            var dot = name.LastIndexOf('.');
            if (dot < 0)
                return null;
            name = name.Substring(0, dot) + "+" + name.Substring(dot + 1);
        }
    }

    /// <summary>Whether users of the network can name the class, which is the type of a public property.</summary>
    private static bool IsPublic(INamedTypeSymbol type)
    {
        for (var outer = type; outer is not null; outer = outer.ContainingType)
            if (outer.DeclaredAccessibility != Accessibility.Public)
                return false;
        return true;
    }

    private static Place At(FindingPlace place) => new SourceText(place.Path, "").At(default);

    private static string Short(ITypeSymbol type) => type.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat);

    private static IEnumerable<INamedTypeSymbol> BaseTypes(INamedTypeSymbol type)
    {
        for (var current = type.BaseType; current is not null; current = current.BaseType)
            yield return current;
    }

    /// <summary>Whether who calls it must set members besides.</summary>
    private static bool NeedsInitializer(IMethodSymbol constructor) =>
        constructor.GetAttributes().All(attribute => attribute.AttributeClass?.Name != "SetsRequiredMembersAttribute")
        && BaseTypes(constructor.ContainingType).Prepend(constructor.ContainingType).SelectMany(type => type.GetMembers())
            .Any(member => member is IPropertySymbol { IsRequired: true } or IFieldSymbol { IsRequired: true });

    private static bool Fits(IMethodSymbol constructor, ExternFact fact) =>
        fact.Parameters.All(declared => constructor.Parameters.Any(parameter => parameter.Name == declared.Name
            && parameter.RefKind is RefKind.None or RefKind.In && Takes(parameter.Type, declared.Type)))
        && constructor.Parameters.All(parameter =>
            parameter.IsOptional || parameter.IsParams || fact.Parameters.Any(declared => declared.Name == parameter.Name));

    private static string CSharpType(string declared) => declared switch
    {
        "float" => "double",
        "norm" => "NormPolicy",
        _ => declared,
    };

    private static bool Takes(ITypeSymbol type, string declared)
    {
        if (type is INamedTypeSymbol { OriginalDefinition.SpecialType: SpecialType.System_Nullable_T } nullable)
            type = nullable.TypeArguments[0];
        return declared switch
        {
            "int" => type.SpecialType is SpecialType.System_Int32 or SpecialType.System_Int64 or SpecialType.System_Double
                or SpecialType.System_Single,
            "float" => type.SpecialType is SpecialType.System_Double,
            "bool" => type.SpecialType is SpecialType.System_Boolean,
            "norm" => type.ToDisplayString().TrimEnd('?') == "KnDsl.NormPolicy",
            "int[]" => type is IArrayTypeSymbol { ElementType.SpecialType: SpecialType.System_Int32 or SpecialType.System_Int64 }
                || type is INamedTypeSymbol { IsGenericType: true, Name: "IReadOnlyList" or "IEnumerable" or "IList" or "List" } list
                && list.TypeArguments[0].SpecialType is SpecialType.System_Int32 or SpecialType.System_Int64,
            _ => false,
        };
    }
}
