using KnDsl.Language.Text;
using KnDsl.Language.Values;

namespace KnDsl.Language.Plan;

/// <summary>The policy of the norm stages that come next.</summary>
/// <param name="Value">The policy.</param>
/// <param name="Statement">The statement that set it; null where it is the one that the module's user gives, or the default.</param>
internal sealed record PolicyInForce(PolicyValue Value, TextSpan? Statement = null)
{
    /// <summary>Whether it is the one that the module's user gives, or the language's default: no statement has set one.</summary>
    public bool IsAmbient => Statement is null;
}
