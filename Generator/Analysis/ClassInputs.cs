using KnDsl.Language.Checking;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Text;

namespace KnDsl.Generator.Analysis;

/// <summary>The inputs of networks and blocks, held against what the base class can take.</summary>
internal static class ClassInputs
{
    /// <summary>The longest of TorchSharp's base classes is <c>Module&lt;T1, T2, T3, T4, T5, T6, TResult&gt;</c>.</summary>
    private const int Most = 6;

    /// <summary>What is wrong with the number of a module's inputs, or null.</summary>
    public static Diagnostic? Check(CheckedModule module, SourceText source)
    {
        var (name, count) = (module.Declaration.Name, module.Generic.Inputs.Count);
        return count > Most ? DiagnosticCatalogue.ManyInputs(source.At(name.Span), name.Text, count, Most) : null;
    }
}
