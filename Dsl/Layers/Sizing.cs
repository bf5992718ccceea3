using System.Linq;
using KnDsl.Dsl.Model;

namespace KnDsl.Dsl.Layers;

/// <summary>Hints for sizes that disagree.</summary>
internal static class Sizing
{
    /// <summary>Says how to make sizes with symbols provably equal, where a floor is what stands between them.</summary>
    public static string? Hint(Size a, Size b)
    {
        var symbol = a.Symbols().Concat(b.Symbols()).FirstOrDefault(candidate => candidate.Kind == SymbolKind.Data);
        return symbol is not null && (a.ToString().Contains("/") || b.ToString().Contains("/"))
            ? $"They are equal only for some '{symbol.Name}'; declare the input as a multiple, such as 32*{symbol.Name}."
            : null;
    }
}
