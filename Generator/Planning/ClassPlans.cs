using System.Collections.Generic;
using KnDsl.Generator.Naming;
using KnDsl.Language.Plan;

namespace KnDsl.Generator.Planning;

/// <summary>The plans of all classes that a file's code refers to.</summary>
/// <param name="currentNamespace">The namespace of the code that is written.</param>
/// <param name="rootNamespace">The project's, where a file declares none.</param>
/// <param name="types">The names of what the code takes from elsewhere.</param>
/// <param name="fuses">Whether a norm and what comes right after it are one call.</param>
internal sealed class ClassPlans(string currentNamespace, string rootNamespace, TypeNames types, bool fuses)
{
    /// <summary>Whether a norm and what comes right after it are one call.</summary>
    public bool Fuses => fuses;

    /// <summary>The names of what the code takes from elsewhere.</summary>
    public TypeNames Types => types;

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
        var name = CSharpNames.Class(model.Name);
        var space = model.Namespace ?? rootNamespace;
        return space == currentNamespace ? name
            : space.Length == 0 ? $"global::{name}"
            : $"global::{CSharpNames.Dotted(space)}.{name}";
    }
}
