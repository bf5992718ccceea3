using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Plan;
using KnDsl.Language.Values;

namespace KnDsl.Language.Checking;

/// <summary>What the checks of a constructor find with arguments that are known: said while the code is written.</summary>
internal static class ConstructorChecks
{
    /// <summary>The checks that fail for certain; those inside of ifs and loops are left to the constructor.</summary>
    public static IEnumerable<Diagnostic> Failing(ModuleModel generic, IReadOnlyDictionary<string, Value> arguments)
    {
        var known = new Substitution(symbol =>
            symbol.Kind == SymbolKind.Construction && arguments.TryGetValue(symbol.Name, out var value) ? value : null);
        return generic.Items.OfType<CheckItem>().Where(check => Holds(check, known) == false).Select(check => check.Diagnostic);
    }

    private static bool? Holds(CheckItem check, Substitution known) => check switch
    {
        SizesCheck sizes => Requirements.Decide(sizes.Relation, sizes.Left.Substitute(known), sizes.Right.Substitute(known)),
        LimitCheck limit => limit.Condition.Substitute(known).Value,
        _ => null,
    };
}
