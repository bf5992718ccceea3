using System;
using System.Collections.Generic;
using System.Linq;
using TorchSharp;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// What is known of a value's statistics: a distribution for every micro-batch and channel, in the form that the policy's
/// transition has. A state is a local variable of a network's forward pass: a normalization layer emits it, each operation
/// on the way makes a new one of it (<see cref="Pass(MomentRule, Tensor)"/>), and it arrives as the prior of the next
/// normalization layer. A state never changes.
/// </summary>
/// <remarks>
/// Wang et al., "Kalman Normalization", NeurIPS 2018. The tensors of a new state belong to the current dispose scope; those of
/// the states that it was made of stay where they are.
/// </remarks>
public abstract class ChannelState
{
    private protected ChannelState(IReadOnlyList<long> size)
    {
        Size = size;
    }

    /// <summary>
    /// A state that is known from elsewhere than the chain, as a prior for a layer of a policy of your own: independent
    /// Gaussians, one for each channel.
    /// </summary>
    /// <param name="mean">[C], or [R, C] with one row for each micro-batch.</param>
    /// <param name="variance">The same shape, none below 0. Both are used as they are and should not change afterwards.</param>
    /// <param name="size">The spatial size of the value that the state describes: [H, W] for [N, C, H, W].</param>
    /// <exception cref="ArgumentException">The shapes differ, or have more than two dimensions.</exception>
    public static ChannelState Gaussian(Tensor mean, Tensor variance, IReadOnlyList<long> size)
    {
        if (mean.dim() is not (1 or 2) || !mean.shape.SequenceEqual(variance.shape))
        {
            throw new ArgumentException(
                $"A state has a mean and a variance of one shape, [C] or [R, C], and got [{string.Join(", ", mean.shape)}] and "
                + $"[{string.Join(", ", variance.shape)}].", nameof(variance));
        }

        return new AnalyticState(mean.dim() == 2 ? new(mean, variance) : new(mean.unsqueeze(0), variance.unsqueeze(0)), size);
    }

    /// <summary>The spatial size of the value that the state describes: [H, W] for [N, C, H, W], empty for [N, C].</summary>
    public IReadOnlyList<long> Size { get; }

    /// <summary>The channels of the value that the state describes.</summary>
    public abstract long Channels { get; }

    /// <summary>The moments of the state, for a layer of a policy of your own; the opposite of <see cref="Gaussian"/>.</summary>
    /// <returns>
    /// [R, C] each, with one row for each micro-batch, or [1, C] where one row applies to all of them. They may be the state's
    /// own: do not change them.
    /// </returns>
    public (Tensor mean, Tensor variance) MeanAndVariance()
    {
        var (mean, variance) = ToMoments();
        return (mean, variance);
    }

    /// <summary>The state of an operation's output, from the state of its input.</summary>
    /// <param name="rule">The operation's rule.</param>
    /// <param name="output">The operation's output, [N, C, ...]; only its shape is read.</param>
    /// <exception cref="ArgumentException">The output has other channels than the rule gives, or none.</exception>
    public ChannelState Pass(MomentRule rule, Tensor output)
    {
        ArgumentNullException.ThrowIfNull(rule);
        return Checked(PassTo(rule, ShapeOf(output)), rule, output);
    }

    /// <summary>The state of a value that an operation computed from several values; null where one of their states is unknown.</summary>
    /// <param name="rule">The operation's rule.</param>
    /// <param name="output">The operation's output, [N, C, ...]; only its shape is read.</param>
    /// <param name="states">
    /// The states of the values in order, null where one is unknown. States of different divisions of the batch are mixed first.
    /// </param>
    /// <exception cref="ArgumentException">The output has other channels than the rule gives, or none.</exception>
    public static ChannelState? Join(JoinRule rule, Tensor output, params ChannelState?[] states)
    {
        ArgumentNullException.ThrowIfNull(rule);
        if (states.Length == 0 || states.Any(state => state is null))
            return null;
        return Checked(JoinTo(rule, ShapeOf(output), states!), rule, output);
    }

    /// <summary>The state of a value that an operation computed from several values.</summary>
    /// <param name="rule">The operation's rule.</param>
    /// <param name="shape">The lengths of the output's dimensions after the batch.</param>
    /// <param name="states">The states of the values in order.</param>
    internal static ChannelState JoinTo(JoinRule rule, long[] shape, IReadOnlyList<ChannelState> states)
    {
        if (MovedState.Join(rule, states, shape) is { } moved)
            return moved;
        var to = shape[1..];
        if (rule.Join(states) is { } joined)
            return states[0].With(joined, to);
        var parts = states.Select(state => rule.JoinsWhatIsDrawn ? state.DrawnMoments() : state.ToMoments()).ToArray();
        return states[0].With(rule.Join(WithEqualRows(parts), [.. states.Select(state => state.Size)], to), to);
    }

    /// <summary>Hands the state's tensors on to the scope around a scope; tensors that belong to others stay where they are.</summary>
    /// <param name="scope">The scope that is about to end.</param>
    /// <returns>The state itself.</returns>
    public abstract ChannelState MoveToOuter(DisposeScope scope);

    /// <summary>The lengths of the value's dimensions after the batch: the channels, and the spatial size.</summary>
    internal long[] Shape => [Channels, .. Size];

    /// <summary>The state as moments, [R, C] or [1, C] each.</summary>
    internal abstract Moments ToMoments();

    /// <summary>The state as the prior of a value in a number of micro-batches: a row for each, or one for all of them.</summary>
    internal virtual MomentSource ToPrior(long rows) => MomentSource.Of(ToMoments().ForRows(rows).Select(Strides.Contiguous));

    /// <summary>The state of an operation's output.</summary>
    /// <param name="rule">The operation's rule.</param>
    /// <param name="shape">The lengths of the output's dimensions after the batch.</param>
    internal abstract ChannelState PassTo(MomentRule rule, long[] shape);

    /// <summary>The moments before the operations that wait for a map to be drawn, where there are such.</summary>
    private protected virtual Moments DrawnMoments() => ToMoments();

    /// <summary>A state of the same transition.</summary>
    private protected abstract ChannelState With(Moments moments, IReadOnlyList<long> size);

    private static Moments[] WithEqualRows(Moments[] parts)
    {
        var rows = parts.Max(part => part.Rows);
        return parts.All(part => part.Rows == 1 || part.Rows == rows) ? parts : [.. parts.Select(part => part.ForRows(1))];
    }

    private static long[] ShapeOf(Tensor output)
    {
        var shape = output.shape;
        return shape.Length >= 2
            ? shape[1..]
            : throw new ArgumentException(
                $"A state has channels, and [{string.Join(", ", shape)}] has no dimension after the batch.", nameof(output));
    }

    private static ChannelState Checked(ChannelState state, object rule, Tensor output) => state.Channels == output.size(1)
        ? state
        : throw new ArgumentException(
            $"{rule.GetType().Name} gives the moments of {state.Channels} channels for a value of shape " +
            $"[{string.Join(", ", output.shape)}].", nameof(output));
}
