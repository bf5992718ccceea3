using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Syntax;
using KnDsl.Language.Text;

namespace KnDsl.Generator.Naming;

/// <summary>The names that a file gives to classes, held against what C# allows.</summary>
internal static class ClassNames
{
    /// <summary>Classes inside TorchSharp's modules: their names mean these inside every module.</summary>
    private static readonly string[] InheritedTypes = ["HType", "HookRemover"];

    /// <summary>Members that a generated class has itself, or overrides; inherited ones may have the name of a class.</summary>
    private static readonly string[] OwnMembers =
        ["forward", "call", "fold", "Layers", "InputShapes", "OutputShapes", "Summary", .. InheritedTypes];

    /// <summary>Words that code needs in another meaning, and that nothing escapes: the name of a class would take it away.</summary>
    private static readonly string[] Words = ["var", "_"];

    /// <summary>The longest of TorchSharp's base classes is <c>Module&lt;T1, T2, T3, T4, T5, T6, TResult&gt;</c>.</summary>
    public const int MostInputs = 6;

    /// <summary>Whether no class can have a name.</summary>
    public static bool IsRefused(string name) => OwnMembers.Contains(name) || Words.Contains(name);

    /// <summary>What is wrong with the name of a declaration, or null.</summary>
    public static Diagnostic? Check(ModuleDeclaration declaration, SourceText source)
    {
        var (name, place) = (declaration.Name.Text, source.At(declaration.Name.Span));
        return OwnMembers.Contains(name) ? DiagnosticCatalogue.ClassName(place, name, "is a member of every generated class")
            : Words.Contains(name) ? DiagnosticCatalogue.ClassName(place, name, "is a word of C#")
            : name.All(letter => letter is >= 'a' and <= 'z')
                ? DiagnosticCatalogue.LowerCaseClass(place, declaration.Kind == ModuleKind.Network ? "network" : "block", name)
                    .WithHint($"Write {Casing.Capital(name)}.")
            : null;
    }
}
