using System.Collections.Generic;
using System.Linq;
using KnDsl.Generator.Naming;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Plan;
using KnDsl.Language.Values;

namespace KnDsl.Generator.Planning;

/// <summary>What a dimension of an input must be by itself.</summary>
internal abstract record DimensionRule
{
    /// <summary>Any size, or any that is not below a number.</summary>
    public sealed record AtLeast(long Least) : DimensionRule;

    /// <summary>A size that is known once the module is built.</summary>
    public sealed record Exactly(Size Size) : DimensionRule;

    /// <summary>A multiple, at least so many times, and something more.</summary>
    public sealed record Multiple(Size Factor, Size Rest, long Least) : DimensionRule;
}

/// <summary>An input with which numbers it must have, and what each of its dimensions must be.</summary>
internal sealed record InputCheck(DeclaredInput Input, InputNumbers Numbers, IReadOnlyList<DimensionRule> Rules);

/// <summary>A dimension whose size follows from other dimensions.</summary>
internal sealed record FollowingSize(DeclaredInput Input, int Axis, Size Size, string Text);

/// <summary>
/// What the forward pass demands of its inputs, as far as it is declared or the constructor was told it: first of each input by
/// itself, then that a symbol is the same everywhere.
/// </summary>
internal sealed class InputChecks
{
    private readonly ClassPlan _plan;
    private readonly ModuleModel _model;
    private readonly SortedDictionary<string, string> _fields = new(System.StringComparer.Ordinal);
    private readonly List<FollowingSize> _following = [];

    public InputChecks(ClassPlan plan)
    {
        (_plan, _model) = (plan, plan.Model);
        var sizes = new HashSet<Symbol>(plan.Sizes.OfInputs.Select(size => size.Symbol));
        var known = new HashSet<Symbol>();
        Inputs = [.. _model.DeclaredInputs.Select((input, i) =>
            new InputCheck(
                input, _model.NumbersOfInputs[i], [.. input.Sizes.Select((size, axis) => RuleOf(input, axis, size, sizes, known))]))];
        foreach (var symbol in known.Select(symbol => symbol.Name).OrderBy(name => name, System.StringComparer.Ordinal))
            _fields[symbol] = plan.TakeField(CSharpNames.Field(CSharpNames.Number(symbol)));
    }

    /// <summary>The inputs in order.</summary>
    public IReadOnlyList<InputCheck> Inputs { get; }

    /// <summary>Sizes that follow from others, in the order of the inputs.</summary>
    public IReadOnlyList<FollowingSize> Following => _following;

    /// <summary>The sizes of inputs that the constructor takes and keeps, each with its field.</summary>
    public IReadOnlyDictionary<string, string> Fields => _fields;

    /// <summary>What the checks read: parameters, and sizes of inputs.</summary>
    public IEnumerable<Symbol> Symbols() => Inputs.SelectMany(check => check.Rules).SelectMany(rule => rule switch
    {
        DimensionRule.Exactly exactly => exactly.Size.Leaves(),
        DimensionRule.Multiple multiple => multiple.Factor.Leaves().Concat(multiple.Rest.Leaves()),
        _ => [],
    }).Where(symbol => !_fields.ContainsKey(symbol.Name)).Concat(_following.SelectMany(following => following.Size.Leaves()));

    private static DimensionRule Any => new DimensionRule.AtLeast(1);

    private DimensionRule RuleOf(DeclaredInput input, int axis, DeclaredSize declared, HashSet<Symbol> sizes, HashSet<Symbol> known)
    {
        if (declared.Size is not { } size)
            return Any;
        var data = size.Leaves().Where(symbol => !sizes.Contains(symbol) && !IsParameter(symbol)).ToArray();
        if (data.Length == 0)
        {
            known.UnionWith(size.Leaves().Where(sizes.Contains));
            return new DimensionRule.Exactly(size);
        }
        if (input.Value.Shape[axis] == size
            && _plan.SourceOf(data[0]) is { } source && source.Value == input.Value && source.Axis == axis)
        {
            var least = _plan.LeastSizes.TryGetValue(data[0], out var number) ? number : 1;
            return source.IsWhole ? new DimensionRule.AtLeast(least) : new DimensionRule.Multiple(source.Factor, source.Rest, least);
        }
        _following.Add(new FollowingSize(input, axis, size, declared.Text));
        return Any;
    }

    private bool IsParameter(Symbol symbol) => _model.Declaration.ParameterOf(symbol.Name) is not null;
}
