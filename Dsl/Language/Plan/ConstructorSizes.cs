using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Syntax;
using KnDsl.Language.Values;

namespace KnDsl.Language.Plan;

/// <summary>
/// Which numbers the constructor of a module asks for: sizes of its inputs, which its user must know, locals that
/// ifs and loops set, and the sizes of outputs that only it knows and gives as properties.
/// </summary>
internal sealed class ConstructorSizes
{
    private readonly ModuleModel _model;
    private readonly HashSet<Symbol> _needed = [];
    private readonly HashSet<Symbol> _properties = [];
    private readonly HashSet<Symbol> _turns = [];

    public ConstructorSizes(ModuleModel model)
    {
        _model = model;
        foreach (var symbol in model.Outputs.Where(output => output.Value.Shape.Rank > 1)
            .SelectMany(output => output.Value.Shape.Channels.Symbols()))
            if (symbol.Origin is BlockSize { Formula: null })
                _properties.Add(symbol);
            else if (IsLocal(symbol))
            {
                Ask(Size.Of(symbol));
                _properties.Add(symbol);
            }
        foreach (var item in model.Items.All())
            Visit(item);
        AskForSetters();
        // What the constructor can tell from these numbers, it checks.
        foreach (var check in model.Items.All().OfType<CheckItem>().Where(check => check.Symbols.All(IsWithinReach)))
            _needed.UnionWith(check.Symbols);
        AskForSetters();
        OfInputs = [.. FindInputs()];
    }

    /// <summary>A size that an item sets asks for those that it may be.</summary>
    private void AskForSetters()
    {
        var items = _model.Items.All().Where(item => item.SizeVariables.Any()).ToArray();
        int before;
        do
        {
            before = _needed.Count;
            foreach (var (_, one, other) in items.SelectMany(item => item.SizeVariables).Where(size => Needs(size.Variable)))
            {
                Ask(one);
                Ask(other);
            }
        } while (_needed.Count > before);
    }

    /// <summary>Whether anything that is constructed uses a local or a size of an input.</summary>
    public bool Needs(Symbol symbol) => _needed.Contains(symbol);

    /// <summary>Sizes of inputs that the constructor takes, in order. A network has its own, and takes none.</summary>
    public IReadOnlyList<(int Input, int Axis, Symbol Symbol)> OfInputs { get; }

    private IEnumerable<(int Input, int Axis, Symbol Symbol)> FindInputs()
    {
        if (_model.Declaration.Kind == ModuleKind.Network)
            yield break;
        for (var i = 0; i < _model.Inputs.Count; i++)
            for (var axis = 0; axis < _model.Inputs[i].Shape.Rank; axis++)
                foreach (var symbol in _model.Inputs[i].Shape[axis].Symbols())
                    if (Needs(symbol))
                        yield return (i, axis, symbol);
    }

    /// <summary>Sizes of outputs that only the constructor knows: public properties for the block's user.</summary>
    public IEnumerable<Symbol> OfOutputs =>
        _model.Outputs.SelectMany(output => output.Value.Shape.Sizes).SelectMany(size => size.Symbols()).Where(_properties.Contains)
            .Distinct();

    /// <summary>Whether the constructor can make a check: it must not ask for sizes that nothing else asks for.</summary>
    public bool CanCheck(CheckItem check) => check.Symbols.All(IsKnown);

    private bool IsKnown(Symbol symbol) =>
        symbol.Origin switch
        {
            ListItem item => item.Index.Symbols().All(IsKnown),
            ListChoice choice => choice.Items.Append(choice.Index).SelectMany(size => size.Symbols()).All(IsKnown),
            ListCount => true,
            BlockSize { Formula: null } => symbol.Kind == SymbolKind.Construction,
            _ => Needs(symbol) || _turns.Contains(symbol)
            || _model.Declaration.ParameterOf(symbol.Name) is not null,
        };

    /// <summary>Whether a symbol is known, or is computed from what is known.</summary>
    private bool IsWithinReach(Symbol symbol) => IsWithinReach(symbol, []);

    private bool IsWithinReach(Symbol symbol, HashSet<Symbol> visited) => IsKnown(symbol) || symbol.Kind == SymbolKind.Construction
        && _model.SetterOf(symbol) is { } setter
        && (!visited.Add(symbol) || setter.SizeVariables.First(size => size.Variable.Equals(symbol)) is var (_, one, other)
            && one.Symbols().Concat(other.Symbols()).All(inner => IsWithinReach(inner, visited)));

    /// <summary>Whether a symbol is neither a parameter nor a size of an input.</summary>
    private bool IsLocal(Symbol symbol) =>
        symbol.Kind == SymbolKind.Construction && symbol.Origin is null or PathSize or BlockSize or ListItem { Index.IsConstant: false }
        && _model.Declaration.ParameterOf(symbol.Name) is null
        && !_model.Inputs.Any(input => input.Shape.Sizes.Any(size => size.Symbols().Contains(symbol)));

    private void Ask(Size size)
    {
        if (!size.IsConstant)
            _needed.UnionWith(size.Leaves());
    }

    private void Visit(PlanItem item)
    {
        if (item.Constructs is { } member)
            VisitName(member);
        switch (item)
        {
            case ConstructOperationItem operation:
                _needed.UnionWith(operation.Construction.Symbols());
                break;
            case ConstructBlockItem block:
                VisitUse(block.Use);
                break;
            case IfItem branch:
                _needed.UnionWith(branch.Condition.Symbols());
                break;
            case LoopItem loop:
                _turns.Add(loop.Variable);
                Ask(loop.From);
                Ask(loop.To);
                break;
        }
    }

    /// <summary>The name under which a member is registered may count what came before.</summary>
    private void VisitName(Member member)
    {
        if (member.IsNamedLate)
            foreach (var part in member.Name)
                if (part.Count is { } count)
                    Ask(count);
    }

    private void VisitUse(BlockUse use)
    {
        foreach (var (input, axis, _) in use.Generic.ConstructorSizes.OfInputs)
            Ask(use.Inputs[input][axis]);
        foreach (var name in use.Given)
            if (use.Arguments.TryGetValue(name, out var value))
                _needed.UnionWith(value.Symbols());
        if (use.Generic.UsesNorm)
            _needed.UnionWith(use.Policy.Symbols());
    }
}
