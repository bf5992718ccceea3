using System.Collections.Generic;
using System.Linq;
using KnDsl.Dsl.Model;

namespace KnDsl.Generator.Emission;

/// <summary>
/// The sizes that an if or a loop sets and the forward pass reads: it keeps them as locals, as the constructor does. Which
/// they are is known once it is written; where there are any it is written again, with them.
/// </summary>
internal sealed class ForwardSizes(ModuleModel model)
{
    private readonly HashSet<Symbol> _variables = [.. VariablesIn(model.Items)];
    private readonly List<Symbol> _needed = [];
    private readonly Dictionary<Symbol, string> _names = [];

    /// <summary>Whether one was asked for that had no local yet.</summary>
    public bool HasNew => _needed.Count > _names.Count;

    /// <summary>Whether the forward pass keeps it.</summary>
    public bool Needs(Symbol symbol) => _names.ContainsKey(symbol);

    /// <summary>Gives those that are needed their names in the forward pass.</summary>
    public void Name(NamePool names)
    {
        foreach (var symbol in _needed)
            _names[symbol] = names.Take(CSharpNames.Identifier(symbol.Name));
    }

    /// <summary>The local of a size, or null where it is no such size; whoever asks reads it.</summary>
    public string? Use(Symbol symbol)
    {
        if (!_variables.Contains(symbol))
            return null;
        if (_names.TryGetValue(symbol, out var name))
            return name;
        if (!_needed.Contains(symbol))
            _needed.Add(symbol);
        return symbol.Name;
    }

    private static IEnumerable<Symbol> VariablesIn(IReadOnlyList<PlanItem> items) => items.SelectMany(item => item switch
    {
        IfItem branch => branch.Sizes.Select(size => size.Variable).Concat(VariablesIn(branch.Then)).Concat(VariablesIn(branch.Else)),
        LoopItem loop => loop.Sizes.Select(size => size.Variable).Concat(VariablesIn(loop.Body)),
        _ => [],
    });
}
