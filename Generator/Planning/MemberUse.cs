using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Checking;
using KnDsl.Language.Plan;
using KnDsl.Language.Values;

namespace KnDsl.Generator.Planning;

/// <summary>What applies a member: what its documentation is made of.</summary>
/// <param name="item">The stage that applies it.</param>
/// <param name="inputs">What feeds the inputs of the module.</param>
internal sealed class MemberUse(PlanItem item, IReadOnlyList<ChainFact> inputs)
{
    /// <summary>Of how many norms that feed one its documentation has the names.</summary>
    private const int MaxPriors = 4;

    /// <summary>The uses by the members' paths: at the default arguments where a member is applied then.</summary>
    public static IReadOnlyDictionary<string, MemberUse> Of(CheckedModule module)
    {
        var uses = new Dictionary<string, MemberUse>();
        Collect(module.Generic);
        if (module.AtDefaults is { } atDefaults)
            Collect(atDefaults);
        return uses;

        void Collect(ModuleModel model)
        {
            // A block's norms are fed by what feeds its inputs: seen from inside, by the inputs.
            var inputs = model.Inputs.Select(input => ChainFact.FromNorm($"the norms that feed {input.Name}")).ToArray();
            foreach (var item in model.Items.All())
                if (item is ApplyOperationItem { Member: { } member })
                    uses[member.Path] = new(item, inputs);
                else if (item is ApplyBlockItem block)
                    uses[block.Member.Path] = new(item, inputs);
        }
    }

    /// <summary>The stage as the file has it, and its output's shape.</summary>
    public string Shape() => item.Place.OneLine() + ": " + (item is ApplyBlockItem block
        ? string.Join(", ", block.Outputs.Select(output => output.Shape))
        : ((ApplyOperationItem)item).Output.Shape.ToString());

    /// <summary>For a norm whose policy has a chain, what feeds it; else empty.</summary>
    public string Prior()
    {
        if (item is not ApplyOperationItem layer)
            return "";

        var prior = LayerTable.PriorOf(layer, "", inputs, MaxPriors);
        return prior.Length == 0 || layer.Prior!.HasState ? prior : $"none, {prior}";
    }
}
