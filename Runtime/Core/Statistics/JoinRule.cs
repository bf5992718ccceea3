using System.Collections.Generic;

namespace KnDsl;

/// <summary>
/// How an operation on several values joins what is known of their statistics:
/// <see cref="ChannelState.Join(JoinRule, TorchSharp.torch.Tensor, ChannelState[])"/>. The values count as independent of each
/// other, even two uses of one value.
/// </summary>
public abstract class JoinRule
{
    private protected JoinRule()
    {
    }

    /// <summary>
    /// Whether the sampled transition joins the moments that its maps are drawn from, without the operations that wait: so
    /// does the authors' code where branches are added.
    /// </summary>
    internal virtual bool JoinsWhatIsDrawn => false;

    /// <summary>
    /// For values whose channels are all in one other dimension: the same operation on the values with their channels moved to the
    /// second dimension. Null where the rule takes all channels for one.
    /// </summary>
    /// <param name="dim">The dimension of the channels, at least 2.</param>
    /// <param name="to">The lengths of the result's dimensions after the batch.</param>
    internal virtual JoinRule? WithChannelsSecond(int dim, IReadOnlyList<long> to) => null;

    /// <summary>The moments of the output straight from the states; null where they are computed from the states' moments.</summary>
    /// <param name="states">The states of the values in order.</param>
    internal virtual Moments? Join(IReadOnlyList<ChannelState> states) => null;

    /// <summary>The moments of the output.</summary>
    /// <param name="parts">The moments of the values in order, [R, C] or [1, C] each.</param>
    /// <param name="from">The spatial sizes of the values.</param>
    /// <param name="to">The spatial size of the output.</param>
    internal abstract Moments Join(
        IReadOnlyList<Moments> parts, IReadOnlyList<IReadOnlyList<long>> from, IReadOnlyList<long> to);
}
