using System.Collections.Generic;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Syntax;
using KnDsl.Language.Text;
using KnDsl.Language.Values;

namespace KnDsl.Language.Plan;

/// <summary>
/// Makes a shared module: a hole where it is declared, since only its first use says for which input it is made. A plan that
/// is finished has none: <see cref="SharedPlacement"/> puts what is made in their places.
/// </summary>
internal sealed class SharedModuleItem(Member member, Place place) : PlanItem(place)
{
    public Member Member => member;

    /// <summary>What makes the module; null as long as nothing applies it.</summary>
    public PlanItem? Made { get; private set; }

    /// <summary>What it is made for: the inputs of its first use.</summary>
    public IReadOnlyList<TensorValue>? Inputs { get; private set; }

    public void Fill(PlanItem made, IReadOnlyList<TensorValue> inputs) => (Made, Inputs) = (made, inputs);
}

/// <summary>A module that was declared with <c>module</c>: its arguments and its policy are those of its declaration.</summary>
/// <param name="Policy">The policy of its norms: the one in force where it was declared.</param>
internal sealed record SharedModule(Label Label, Call Call, Member Member, Place Place, PolicyInForce Policy)
{
    /// <summary>The arguments of an operation.</summary>
    public Arguments? Arguments { get; init; }

    /// <summary>The arguments of a block.</summary>
    public BlockArguments? BlockArguments { get; init; }

    /// <summary>The row of items that it was declared in.</summary>
    public IReadOnlyList<PlanItem> Row { get; init; } = [];

    /// <summary>Where it is made.</summary>
    public SharedModuleItem Item { get; } = new(Member, Place);
}
