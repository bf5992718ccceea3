using System.Collections.Generic;
using System.Linq;
using KnDsl.Generator.Planning;
using KnDsl.Language.Plan;

namespace KnDsl.Generator.Writing;

/// <summary>
/// What the forward pass needs of the constructor's arguments: parameters that it reads, and conditions that it takes.
/// Collected while the forward pass is written, which therefore is written first.
/// </summary>
internal sealed class ForwardFields(ModuleCode module)
{
    private readonly SortedDictionary<string, string> _parameters = new(System.StringComparer.Ordinal);
    private readonly Dictionary<IfItem, string> _conditions = [];

    /// <summary>The parameters that are read, each with its field.</summary>
    public IEnumerable<KeyValuePair<string, string>> Parameters => _parameters;

    /// <summary>The conditions that are asked for, each with its field.</summary>
    public IEnumerable<KeyValuePair<IfItem, string>> Conditions => _conditions;

    public string? ConditionField(IfItem item) => _conditions.TryGetValue(item, out var field) ? field : null;

    /// <summary>The field that keeps a parameter for the forward pass, where no member has that name.</summary>
    public static string NameOf(string parameter) => "_" + CSharpNames.Identifier(parameter).TrimStart('@');

    /// <summary>The name of a parameter's field; whoever asks reads it.</summary>
    public string Use(string parameter)
    {
        if (!_parameters.TryGetValue(parameter, out var field))
            _parameters[parameter] = field = new NamePool(
                module.Layout.Root.Children.SelectMany(child => new[] { child.Property, "_" + child.Property.TrimStart('@') }))
                    .Take(NameOf(parameter));
        return field;
    }

    /// <summary>How the forward pass asks for a condition: by the module that it made, or by a field.</summary>
    public string Condition(IfItem item, bool inLoop, CSharpPrinter code)
    {
        if (inLoop)
            return code.Of(item.Condition);
        var made = item.Then.Select(MadeBy).FirstOrDefault(member => member is not null);
        if (made is not null && made.Parent is not null && module.Layout[made] is { IsList: false, Parent.Parent: null } member
            && made.Branches.Count == 1
            && member.Form is not MemberForm.ModuleListItem && !item.Else.Select(MadeBy)
            .Any(other => other is not null && module.Layout[other] == member))
            return $"{member.Property} is not null";
        if (!_conditions.TryGetValue(item, out var field))
            _conditions[item] = field = $"_condition{_conditions.Count + 1}";
        return field;
    }

    private static Member? MadeBy(PlanItem item) => item switch
    {
        GroupItem group => group.Group,
        ConstructOperationItem layer => layer.Member,
        ConstructBlockItem block => block.Member,
        _ => null,
    };

    public string TypeOf(string parameter) =>
        ConstructorWriter.TypeOf(module.Model.Declaration.Parameters.First(candidate => candidate.Name.Text == parameter));
}
