using System.Collections.Generic;
using System.Linq;
using KnDsl.Generator.Naming;
using KnDsl.Generator.Planning;
using KnDsl.Language.Plan;
using KnDsl.Language.Syntax;
using KnDsl.Language.Values;

namespace KnDsl.Generator.Writing;

/// <summary>The names of values, states, numbers and members in the forward pass, as they are declared line by line.</summary>
internal sealed class ForwardNames
{
    private readonly ClassPlan _plan;
    private readonly NamePool _names;
    private readonly Dictionary<TensorValue, string> _locals = [];
    private readonly HashSet<string> _localNames = [];
    private readonly Dictionary<TensorValue, string> _states = [];
    private readonly Dictionary<Symbol, string> _numbers = [];
    private readonly Dictionary<MemberCode, string> _counters = [];
    private int _temporaries;

    /// <summary>Names that a forward pass needs for itself, and the one that means that a value is not wanted.</summary>
    private static readonly string[] OfPass = ["scope", "outputs", "training", "pass", "again", "ends", "_"];

    public ForwardNames(ClassPlan plan)
    {
        _plan = plan;
        Values = new CSharpPrinter(plan.Plans.Types, NameOf, isLong: IsLong);
        string[] loopVariables = [.. plan.Model.Items.All().OfType<LoopItem>().Select(loop => CSharpNames.Number(loop.Variable))];
        _names = new NamePool([
            .. plan.Layout.Names,
            .. plan.Model.Declaration.Parameters.Select(parameter => CSharpNames.Identifier(parameter.Name.Text)),
            .. plan.Forward.Parameters.Values,
            .. plan.Inputs.Fields.Values,
            .. plan.Forward.ConditionFields.Select(condition => condition.Field),
            .. plan.RecomputeField is { } recompute ? [recompute] : (string[])[],
            .. plan.OutputSizes.Select(size => size.Property),
            .. loopVariables,
            .. plan.Layout.Locals,
            .. OfPass,
            "forward", .. ReservedNames.All,
        ]);
        _localNames.UnionWith(loopVariables);
        _localNames.UnionWith(OfPass);
        foreach (var input in plan.Model.Inputs)
            Declare(input);
    }

    /// <summary>Prints numbers and conditions with the names of the forward pass.</summary>
    public CSharpPrinter Values { get; }

    /// <summary>A name that nothing has.</summary>
    public string Take(string wanted) => _names.Take(wanted);

    // ---- values and states ---------------------------------------------------------------------------------------

    /// <summary>Names a value and its state.</summary>
    public string Declare(TensorValue value)
    {
        var name = Take(value.Name.Length > 0 ? CSharpNames.Identifier(value.Name) : $"t{++_temporaries}");
        _locals[value] = name;
        _localNames.Add(name);
        _states[value] = Take(CSharpNames.Bare(name) + "State");
        return name;
    }

    /// <summary>The local that holds a value.</summary>
    public string this[TensorValue value] => _locals[value];

    /// <summary>The local that holds a value's state.</summary>
    public string State(TensorValue value) => _states[value];

    /// <summary>A value's state as an argument: null where nothing needs it, or where there never is one.</summary>
    public string StateOrNull(TensorValue value) => _plan.Forward.Live.IsStateNeeded(value) ? State(value) : "null";

    // ---- numbers -------------------------------------------------------------------------------------------------

    private string NameOf(Symbol symbol) => _plan.Forward.IsParameter(symbol) ? _plan.Forward.Parameters[symbol.Name]
        : _plan.SourceOf(symbol) is { } source ? Print(source)
        : _numbers.TryGetValue(symbol, out var name) ? name
        : CSharpNames.Number(symbol);

    /// <summary>The number that a dimension of a value tells.</summary>
    public string Print(SizeSource source)
    {
        var size = $"{_locals[source.Value]}.size({source.Axis})";
        if (source.IsWhole)
            return size;
        var multiple = source.Rest == Size.Zero ? size
            : source.Rest.Value < 0 ? $"({size} + {-source.Rest})"
            : $"({size} - {Operand(source.Rest)})";
        return source.Factor == Size.One ? multiple : $"({multiple} / {Operand(source.Factor)})";
    }

    private string Operand(Size size) => size.IsConstant ? Values.Of(size) : $"({Values.Of(size)})";

    /// <summary>A local for a number, or null where the forward pass does not read it.</summary>
    public string? DeclareNumber(Symbol symbol) =>
        _plan.Forward.IsLocal(symbol) ? _numbers[symbol] = Take(CSharpNames.Number(symbol)) : null;

    /// <summary>The variable of a loop: its own name is free, except for those that the pass needs.</summary>
    public string DeclareTurn(Symbol variable) =>
        CSharpNames.Number(variable) is var name && OfPass.Contains(name) ? _numbers[variable] = Take(name) : name;

    public bool HasNumber(Symbol symbol) => _numbers.ContainsKey(symbol);

    /// <summary>A number of C#'s usual kind; sizes of tensors are long.</summary>
    public string Number(Size size) => size.Leaves().Any(IsLong) ? $"(int)({Values.Of(size)})" : Values.Of(size);

    private bool IsLong(Symbol symbol) => !_plan.Forward.IsParameter(symbol) && _plan.SourceOf(symbol) is not null;

    // ---- members -------------------------------------------------------------------------------------------------

    /// <summary>Names the counter of a list.</summary>
    public string DeclareCounter(MemberCode list) => _counters[list] = Take(CSharpNames.Bare(list.Property) + "At");

    /// <summary>The way to a member.</summary>
    public string Access(MemberCode member) => member.Form switch
    {
        MemberForm.ModuleListItem => $"{Access(member.Parent!)}[{IndexOf(member)}]",
        MemberForm.Group when member.IsList => member.Local,
        _ when member.IsList => member.NeedsCounter ? member.Local : NextOf(member),
        _ => $"{Owner(member)}{member.Property}{(member.Member.IsOptional && member.Form == MemberForm.Single ? "!" : "")}",
    };

    /// <summary>The item of a list that this turn has; a counter goes on to the next one.</summary>
    public string NextOf(MemberCode list) =>
        $"{Owner(list)}{list.Property}[{(list.NeedsCounter ? _counters[list] + "++" : Number(list.Index))}]";

    private string Owner(MemberCode member)
    {
        if (member.Parent is { Parent: not null } parent)
            return Access(parent) + (parent.Member.IsOptional || parent.IsMadeInBranch ? "!." : ".");
        return HiddenBy(member);
    }

    /// <summary>A member of the class, by its property.</summary>
    public string Own(MemberCode member) => HiddenBy(member) + member.Property;

    /// <summary>A local or a loop's variable may hide a property of the same name; then 'this' says which is meant.</summary>
    private string HiddenBy(MemberCode member) => _localNames.Contains(member.Property) ? "this." : "";

    private string IndexOf(MemberCode item)
    {
        var part = item.Member.Name[0];
        return part.Count is null ? part.Text : Number(part.Count);
    }
}
