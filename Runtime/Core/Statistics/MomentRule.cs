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
    /// The same operation on the value before a permutation of its dimensions, with a permutation of the result; null where that is
    /// none. What changes every element by itself, and alike in every channel, is its own.
    /// </summary>
    /// <param name="order">For every dimension of the value the one that it was before, 0 first.</param>
    internal virtual MomentRule? BeforePermutation(long[] order) => null;

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
