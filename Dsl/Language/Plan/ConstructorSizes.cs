using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Syntax;
using KnDsl.Language.Values;

namespace KnDsl.Language.Plan;

/// <summary>
/// Which numbers the constructor of a module asks for: sizes of its inputs, which whoever builds it must know, locals that
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
            if (symbol.Origin is BlockSize)
                _properties.Add(symbol);
            else if (IsLocal(symbol))
            {
                Ask(Size.Of(symbol));
                _properties.Add(symbol);
            }
        Visit(model.Items);
        int before;
        do
        {
            before = _needed.Count;
            VisitSizes(model.Items);
        } while (_needed.Count > before);
    }

    /// <summary>Whether anything that is constructed uses a local or a size of an input.</summary>
    public bool Needs(Symbol symbol) => _needed.Contains(symbol);

    /// <summary>Sizes of inputs that the constructor takes, in order. A network has its own, and takes none.</summary>
    public IEnumerable<(int Input, int Axis, Symbol Symbol)> OfInputs
    {
        get
        {
            if (_model.Declaration.Kind == ModuleKind.Network)
                yield break;
            for (var i = 0; i < _model.Inputs.Count; i++)
                for (var axis = 0; axis < _model.Inputs[i].Shape.Rank; axis++)
                    foreach (var symbol in _model.Inputs[i].Shape[axis].Symbols())
                        if (Needs(symbol))
                            yield return (i, axis, symbol);
        }
    }

    /// <summary>Sizes of outputs that only the constructor knows: public properties for whoever uses the block.</summary>
    public IEnumerable<Symbol> OfOutputs =>
        _model.Outputs.SelectMany(output => output.Value.Shape.Sizes).SelectMany(size => size.Symbols()).Where(_properties.Contains)
            .Distinct();

    /// <summary>Whether the constructor can make a check: it must not ask for sizes that nothing else asks for.</summary>
    public bool CanCheck(CheckItem check) => check.Left.Symbols().Concat(check.Right.Symbols()).All(IsKnown);

    private bool IsKnown(Symbol symbol) =>
        symbol.Origin switch
        {
            ListItem item => item.Index.Symbols().All(IsKnown),
            ListCount or ListChoice => true,
            BlockSize => true,
            _ => Needs(symbol) || _turns.Contains(symbol)
            || _model.Declaration.Parameters.Any(parameter => parameter.Name.Text == symbol.Name),
        };

    /// <summary>Whether a symbol is neither a parameter nor a size of an input.</summary>
    private bool IsLocal(Symbol symbol) =>
        symbol.Kind == SymbolKind.Construction && symbol.Origin is null or BlockSize or ListItem { Index.IsConstant: false }
        && !_model.Declaration.Parameters.Any(parameter => parameter.Name.Text == symbol.Name)
        && !_model.Inputs.Any(input => input.Shape.Sizes.Any(size => size.Symbols().Contains(symbol)));

    private void Ask(Size size)
    {
        if (!size.IsConstant)
            _needed.UnionWith(size.Leaves());
    }

    private void Visit(IReadOnlyList<PlanItem> items)
    {
        foreach (var item in items)
            switch (item)
            {
                case GroupItem group:
                    VisitName(group.Group);
                    break;
                case ConstructOperationItem layer:
                    VisitName(layer.Member);
                    _needed.UnionWith(layer.Call.Operation.Construct(layer.Call)!.Symbols());
                    break;
                case ConstructBlockItem block:
                    VisitName(block.Member);
                    VisitUse(block.Use);
                    break;
                case IfItem branch:
                    _needed.UnionWith(branch.Condition.Symbols());
                    Visit(branch.Then);
                    Visit(branch.Else);
                    break;
                case LoopItem loop:
                    _turns.Add(loop.Variable);
                    Ask(loop.From);
                    Ask(loop.To);
                    Visit(loop.Body);
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

    private void VisitSizes(IReadOnlyList<PlanItem> items)
    {
        foreach (var item in items)
            switch (item)
            {
                case IfItem branch:
                    foreach (var size in branch.Sizes.Where(size => Needs(size.Variable)))
                    {
                        Ask(size.Then);
                        Ask(size.Else);
                    }
                    VisitSizes(branch.Then);
                    VisitSizes(branch.Else);
                    break;
                case LoopItem loop:
                    foreach (var size in loop.Sizes.Where(size => Needs(size.Variable)))
                    {
                        Ask(size.Before);
                        Ask(size.Next);
                    }
                    VisitSizes(loop.Body);
                    break;
            }
    }
}
