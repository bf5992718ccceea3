using KnDsl.Language.Syntax;
using KnDsl.Language.Text;
using KnDsl.Language.Values;

namespace KnDsl.Language.Checking;

/// <summary>A stage with what a pipe or a sequence around it says of it.</summary>
/// <param name="Source">The beginning of the pipe: what goes into the stage comes from there.</param>
/// <param name="BeforeNorm">Whether a norm comes after it.</param>
/// <param name="Target">The name that its values get.</param>
internal sealed record StagePlace(Stage Stage, TextSpan Source, Condition BeforeNorm, string? Target)
{
    public StagePlace WithoutCondition() => this with { Stage = Stage with { Condition = null } };
}
