using System.Collections.Generic;

namespace KnDsl;

/// <summary>
/// How an operation on one value changes what is known of the value's statistics. A rule holds the operation's arguments, and
/// a state passes through it: <see cref="ChannelState.Pass(MomentRule, TorchSharp.torch.Tensor)"/>.
/// </summary>
/// <remarks>
/// Elements count as independent normals, those of a channel as equally distributed (Wang et al., "Kalman Normalization",
/// NeurIPS 2018). Each rule is a class in a file of its own.
/// </remarks>
public abstract class MomentRule
{
    private protected MomentRule()
    {
    }

    /// <summary>
    /// For a value whose channels are in another dimension: the same operation on the value with its channels moved to the second
    /// dimension, and the dimension that has them after the operation. Null where the rule takes all channels for one.
    /// </summary>
    /// <param name="dim">The dimension of the channels, at least 2.</param>
    /// <param name="from">The lengths of the value's dimensions after the batch.</param>
    /// <param name="to">Those of the result.</param>
    internal virtual (MomentRule Rule, int Dim)? WithChannelsSecond(int dim, IReadOnlyList<long> from, IReadOnlyList<long> to) => null;

    /// <summary>The moments of the output.</summary>
    /// <param name="moments">The moments of the input, [R, C].</param>
    /// <param name="from">The spatial size of the input.</param>
    /// <param name="to">The spatial size of the output.</param>
    internal abstract Moments Pass(Moments moments, IReadOnlyList<long> from, IReadOnlyList<long> to);

    /// <summary>The analytic transition's state of the output.</summary>
    /// <param name="state">The state of the input.</param>
    /// <param name="to">The spatial size of the output.</param>
    internal virtual AnalyticState Pass(AnalyticState state, IReadOnlyList<long> to) =>
        new(Pass(state.ToMoments(), state.Size, to), to);

    /// <summary>
    /// The sampled transition's state of the output. A rule overrides this where the authors' released code does something else
    /// than to pass moments on.
    /// </summary>
    /// <param name="state">The state of the input.</param>
    /// <param name="to">The spatial size of the output.</param>
    internal virtual SampledState Pass(SampledState state, IReadOnlyList<long> to) =>
        new(Pass(state.ToMoments(), state.Size, to), to);
}
