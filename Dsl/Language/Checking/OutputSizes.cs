using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Plan;
using KnDsl.Language.Text;
using KnDsl.Language.Values;

namespace KnDsl.Language.Checking;

/// <summary>
/// The sizes of a block's outputs where it is used. Of channels that only arguments of a constructor call decide, the block has a
/// property; of another size that a condition decides, its user computes a formula; the rest only data tells.
/// </summary>
internal sealed class OutputSizes(Rooms rooms, Member member, BlockUse use)
{
    private readonly SizesOfUse _sizes = new(use);
    private readonly HashSet<Symbol> _properties = [.. use.Generic.ConstructorSizes.OfOutputs];

    /// <summary>The symbols for sizes so far: two outputs may have the same size.</summary>
    private readonly Dictionary<Size, Size> _symbols = [];
    private readonly List<(Symbol Variable, Size Formula)> _formulas = [];

    /// <summary>The sizes that have a formula.</summary>
    public IReadOnlyList<(Symbol Variable, Size Formula)> Formulas => _formulas;

    public Shape ShapeOf(ModuleOutput output) =>
        new(output.Value.Shape.Sizes.Select((size, axis) =>
            SizeOf(size, SymbolTable.InputName(output.Name, axis, output.Value.Shape.Rank))));

    private Size SizeOf(Size size, string name)
    {
        var value = _sizes.Of(size);
        if (value is { IsConditional: false })
            return value;
        if (size.Symbols().Any(_properties.Contains) && size.Symbols().All(symbol => IsClosed(symbol) || _properties.Contains(symbol)))
            return size.Substitute(new Substitution(symbol => IsClosed(symbol) ? _sizes.Of(symbol) : new SizeValue(PropertyOf(symbol))));
        return value is null
            ? SymbolOf(size, $"{member.Path}.{name}", SymbolKind.Data, null)
            : SymbolOf(size, $"{Casing.Camel(use.Declaration.Name.Text)}.{name}", SymbolTable.KindOf(value, value), value);
    }

    private bool IsClosed(Symbol symbol) => _sizes.Of(symbol) is not (null or SizeValue { Size.IsConditional: true });

    private Size PropertyOf(Symbol symbol) =>
        SymbolOf(Size.Of(symbol), $"{member.Path}.{symbol.Name}", SymbolKind.Construction, null, symbol.IsPositive);

    private Size SymbolOf(Size size, string name, SymbolKind kind, Size? formula, bool isPositive = true)
    {
        if (_symbols.TryGetValue(size, out var known))
            return known;
        var symbol = rooms.Symbols.New(name, kind, formula is null ? isPositive : formula.Minimum() >= 1) with
        {
            Origin = new BlockSize(member, size, use) { Formula = formula, Setter = _sizes.Undecided },
        };
        if (formula is not null)
            _formulas.Add((symbol, formula));
        return _symbols[size] = Size.Of(symbol);
    }
}
