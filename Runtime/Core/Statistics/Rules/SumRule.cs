using System.Collections.Generic;
using static KnDsl.Numbers;

namespace KnDsl;

/// <summary>A sum of two independent values: means add, variances add.</summary>
public sealed class SumRule : JoinRule
{
    internal override bool JoinsWhatIsDrawn => true;

    internal override JoinRule WithChannelsSecond(int dim, IReadOnlyList<long> to) => this;

    internal override Moments? Join(IReadOnlyList<ChannelState> states) => SumNode.Join(states, sign: 1);

    internal override Moments Join(
        IReadOnlyList<Moments> parts, IReadOnlyList<IReadOnlyList<long>> from, IReadOnlyList<long> to) =>
        new(Sum(parts[0].Mean, parts[1].Mean), Sum(parts[0].Variance, parts[1].Variance));
}
