using System.Collections.Generic;
using System.Linq;
using KnDsl.Generator.Naming;
using KnDsl.Language.Plan;

namespace KnDsl.Generator.Planning;

/// <summary>The plans of all classes that a file's code refers to.</summary>
/// <param name="currentNamespace">The namespace of the code that is written.</param>
/// <param name="rootNamespace">The project's, where a file declares none.</param>
internal sealed class ClassPlans(string currentNamespace, string rootNamespace)
{
    private readonly Dictionary<ModuleModel, ClassPlan> _plans = [];

    public ClassPlan this[ModuleModel model]
    {
        get
        {
            if (!_plans.TryGetValue(model, out var plan))
                _plans[model] = plan = new ClassPlan(model, this);
            return plan;
        }
    }

    /// <summary>The class of a block: its name alone in its own namespace.</summary>
    public string TypeName(ModuleModel model)
    {
        var name = CSharpNames.Identifier(model.Name);
        var space = model.Namespace ?? rootNamespace;
        return space == currentNamespace || space.Length == 0
            ? name
            : $"global::{string.Join(".", space.Split('.').Select(CSharpNames.Identifier))}.{name}";
    }
}
