using System.Collections.Generic;
using static KnDsl.Numbers;

namespace KnDsl;

/// <summary>A difference of two independent values: means subtract, variances add.</summary>
public sealed class DifferenceRule : JoinRule
{
    internal override bool JoinsWhatIsDrawn => true;

    internal override JoinRule WithChannelsSecond(int dim, IReadOnlyList<long> to) => this;

    internal override Moments? Join(IReadOnlyList<ChannelState> states) => SumNode.Join(states, sign: -1);

    internal override Moments Join(
        IReadOnlyList<Moments> parts, IReadOnlyList<IReadOnlyList<long>> from, IReadOnlyList<long> to) =>
        new(parts[0].Mean - parts[1].Mean, Sum(parts[0].Variance, parts[1].Variance));
}
