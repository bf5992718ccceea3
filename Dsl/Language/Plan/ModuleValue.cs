using KnDsl.Language.Values;

namespace KnDsl.Language.Plan;

/// <summary>A module that was declared to be shared.</summary>
internal sealed class ModuleValue(SharedModule module) : Value
{
    public SharedModule Module => module;

    public override string Describe() => $"the module '{module.Label}'";
}
