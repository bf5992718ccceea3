using System.Collections.Generic;
using System.Linq;
using KnDsl.Dsl.Model;

namespace KnDsl.Generator.Emission;

/// <summary>
/// What the forward pass needs of the constructor's arguments: parameters that it reads, and conditions that it takes.
/// Collected while the forward pass is written, which therefore is written first.
/// </summary>
internal sealed class ForwardFields(ModuleCode module)
{
    private readonly SortedSet<string> _parameters = new(System.StringComparer.Ordinal);
    private readonly Dictionary<IfItem, string> _conditions = [];

    public IEnumerable<string> Parameters => _parameters;

    public IEnumerable<string> Conditions => _conditions.Values;

    public string? ConditionField(IfItem item) => _conditions.TryGetValue(item, out var field) ? field : null;

    /// <summary>The name of a parameter's field: the parameter's own.</summary>
    public string Use(string parameter)
    {
        var name = CSharpNames.Identifier(parameter);
        _parameters.Add(name);
        return name;
    }

    /// <summary>How the forward pass asks for a condition: by the module that it made, or by a field.</summary>
    public string Condition(IfItem item, bool inLoop, CodeContext code)
    {
        if (inLoop)
            return ConstructorWriter.Bare(item.Condition.Code(code));
        var made = item.Then.Select(MadeBy).FirstOrDefault(member => member is not null);
        if (made is not null && made.Parent is not null && module.Layout[made] is { IsList: false, Parent.Parent: null } member && made.Branches.Count == 1
            && member.Form is not MemberForm.ModuleListItem && !item.Else.Select(MadeBy).Any(other => other is not null && module.Layout[other] == member))
            return $"{member.Property} is not null";
        if (!_conditions.TryGetValue(item, out var field))
            _conditions[item] = field = $"_condition{_conditions.Count + 1}";
        return field;
    }

    private static Member? MadeBy(PlanItem item) => item switch
    {
        GroupItem group => group.Group,
        ConstructLayerItem layer => layer.Member,
        ConstructBlockItem block => block.Member,
        _ => null,
    };

    public string TypeOf(string field)
    {
        var parameter = module.Model.Declaration.Parameters.First(candidate => CSharpNames.Identifier(candidate.Name.Text) == field);
        return ConstructorWriter.TypeOf(parameter);
    }
}
