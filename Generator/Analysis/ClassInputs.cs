using KnDsl.Generator.Naming;
using KnDsl.Language.Checking;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Text;

namespace KnDsl.Generator.Analysis;

/// <summary>The inputs of networks and blocks, held against what the base class can take.</summary>
internal static class ClassInputs
{
    /// <summary>What is wrong with the number of a module's inputs, or null.</summary>
    public static Diagnostic? Check(CheckedModule module, SourceText source)
    {
        var (name, count) = (module.Declaration.Name, module.Generic.Inputs.Count);
        return count > ClassNames.MostInputs
            ? DiagnosticCatalogue.ManyInputs(source.At(name.Span), name.Text, count, ClassNames.MostInputs)
            : null;
    }
}
