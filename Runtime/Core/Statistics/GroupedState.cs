using System.Collections.Generic;
using TorchSharp;

namespace KnDsl;

/// <summary>The state of channels in groups that share their moments; it has them for each channel when somebody asks.</summary>
/// <param name="moments">[R, G] each.</param>
/// <param name="groupSize">Neighbouring channels of a group.</param>
/// <param name="size">The spatial size of the value.</param>
internal sealed class GroupedState(Moments moments, long groupSize, IReadOnlyList<long> size) : AnalyticState(size)
{
    public override long Channels => moments.Channels * groupSize;

    internal override Moments ToMoments() => moments.Repeated(groupSize);

    public override ChannelState MoveToOuter(DisposeScope scope)
    {
        scope.MoveToOuter(moments.Mean, moments.Variance);
        return this;
    }
}
