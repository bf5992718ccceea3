using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Text;
using KnDsl.Language.Values;

namespace KnDsl.Language.Plan;

/// <summary>
/// What the sizes of a block are where it is used. Those of its inputs and its arguments are given there; what its own ifs and
/// loops set follows from them: of an if that is not decided there either, one of two as its condition says.
/// </summary>
internal sealed class SizesOfUse
{
    /// <summary>A longer formula than this helps nobody.</summary>
    private const int MaxLength = 1000;

    private readonly BlockUse _use;
    private readonly Substitution _substitution;

    /// <summary>What was found so far; null for what stays open.</summary>
    private readonly Dictionary<Symbol, Value?> _known;

    /// <summary>Whether what is evaluated contains something that stays open.</summary>
    private bool _isOpen;

    public SizesOfUse(BlockUse use)
        : this(use, new Effort())
    {
    }

    /// <param name="effort">What may still be computed.</param>
    public SizesOfUse(BlockUse use, Effort effort)
        : this(use, effort, [])
    {
        for (var i = 0; i < use.Inputs.Count; i++)
            for (var axis = 0; axis < use.Inputs[i].Rank; axis++)
                foreach (var symbol in use.Generic.Inputs[i].Shape[axis].Symbols())
                    _known[symbol] = new SizeValue(use.Inputs[i][axis]);
        foreach (var pair in use.Arguments)
            _known[new Symbol(pair.Key, SymbolKind.Construction)] = pair.Value;
    }

    private SizesOfUse(BlockUse use, Effort effort, Dictionary<Symbol, Value?> known)
    {
        (_use, _known) = (use, known);
        _substitution = new Substitution(Find) { Effort = effort };
    }

    /// <summary>The first if or loop found that is not decided.</summary>
    public Place? Undecided { get; private set; }

    /// <summary>What a symbol of the block's plan is, or null where that cannot be said.</summary>
    public Value? Of(Symbol symbol) => Closed(() => Find(symbol));

    /// <summary>What a size of the block's plan is, or null where that cannot be said.</summary>
    public Size? Of(Size size) => Closed(() => size.Substitute(_substitution));

    /// <summary>The result, or null where it contains something that stays open.</summary>
    private T? Closed<T>(Func<T?> evaluate)
        where T : class
    {
        var outer = _isOpen;
        _isOpen = false;
        try
        {
            var result = evaluate();
            return _isOpen ? null : result;
        }
        catch (OverflowException)
        {
            // No tensor has it: of a branch that is not taken it means nothing.
            return null;
        }
        finally
        {
            _isOpen = outer;
        }
    }

    private Value? Find(Symbol symbol)
    {
        if (!_known.TryGetValue(symbol, out var value))
        {
            switch (_use.Generic.SetterOf(symbol))
            {
                case IfItem branch:
                    Follow(branch);
                    break;
                case LoopItem loop:
                    Follow(loop);
                    break;
                default:
                    _known[symbol] = Closed(() => symbol.Origin?.Substitute(_substitution));
                    if (_known[symbol] is null)
                        Undecided ??= symbol.Origin?.SetAt;
                    break;
            }
            value = _known[symbol];
        }
        _isOpen |= value is null or ErrorValue;
        return value;
    }

    private void Follow(IfItem branch)
    {
        var condition = Closed(() => branch.Condition.Substitute(_substitution));
        if (condition?.Value is null)
            Undecided ??= branch.Place;
        foreach (var size in branch.Sizes)
        {
            var then = condition is null or { Value: false } ? null : Of(size.Then);
            var otherwise = condition is null or { Value: true } ? null : Of(size.Else);
            Keep(size.Variable, condition?.Value switch
            {
                true => then,
                false => otherwise,
                null => then is null || otherwise is null ? null : Size.Choose(condition!, then, otherwise),
            }, branch);
        }
    }

    private void Follow(LoopItem loop)
    {
        var (from, to) = (Of(loop.From)?.Value, Of(loop.To)?.Value);
        var sizes = loop.Sizes.Select(size => Of(size.Before)).ToArray();
        if (from is null || to is null)
            sizes = [.. sizes.Select(_ => (Size?)null)];
        for (var turn = from; turn < to && sizes.Any(size => size is not null); turn++)
        {
            var inside = new SizesOfUse(_use, _substitution.Effort, new Dictionary<Symbol, Value?>(_known))
            {
                _known = { [loop.Variable] = new SizeValue(turn.Value) },
            };
            for (var i = 0; i < sizes.Length; i++)
                inside.Keep(loop.Sizes[i].Variable, sizes[i], loop);
            sizes = [.. loop.Sizes.Select(size => _substitution.Effort.Spend() ? inside.Of(size.Next) : null)];
            Undecided ??= inside.Undecided;
        }
        for (var i = 0; i < sizes.Length; i++)
            Keep(loop.Sizes[i].Variable, sizes[i], loop);
    }

    private void Keep(Symbol symbol, Size? size, PlanItem setter)
    {
        if (size is { IsConditional: true } && size.ToString().Length > MaxLength)
            size = null;
        _known[symbol] = size is null ? null : new SizeValue(size);
        if (size is null)
            Undecided ??= setter.Place;
    }
}
