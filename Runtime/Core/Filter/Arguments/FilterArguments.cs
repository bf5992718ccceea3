using static TorchSharp.torch;

namespace KnDsl;

/// <summary>The arguments of a filter. G are the groups of channels that share a statistic; where each has its own, G is C.</summary>
/// <param name="Input">The value, [N, C, ...].</param>
/// <param name="Weight">[C].</param>
/// <param name="Bias">[C].</param>
/// <param name="Prior">
/// Contiguous, without a ReLU: of R rows or one, each of C channels, which are reduced to the groups, or of G; null where the chain begins.
/// </param>
/// <param name="Gains">The gains.</param>
/// <param name="Batches">The micro-batches of the value.</param>
/// <param name="Settings">The other settings.</param>
internal sealed record FilterArguments(
    Tensor Input, Tensor Weight, Tensor Bias, MomentSource? Prior, FilterGains Gains, MicroBatches Batches,
    FilterSettings Settings)
{
    /// <summary>What the running averages take in.</summary>
    public AveragedStatistics Averaged { get; init; }

    /// <summary>Whether the filtered statistics are wanted; if not, a filter may leave them out.</summary>
    public bool EmitsStatistics { get; init; } = true;

    /// <summary>What comes after the filter, in the same passes where it can.</summary>
    public Epilogue Epilogue { get; init; }

    /// <summary>Where a value that is not finite is noted if the host does not wait; null notes it nowhere.</summary>
    public FiniteReport? Report { get; init; }

    /// <summary>
    /// The mean of v0 / var over the whole layer, [1, 1], by which <see cref="PriorGuard.Authors"/> judges; null where the value is the
    /// whole layer, and it can be taken of that.
    /// </summary>
    public Tensor? LayerRatio { get; init; }

    /// <summary>The rows of the prior: 0 without one, 1 for all micro-batches, or one for each.</summary>
    public long PriorRows => Prior?.Rows ?? 0;

    /// <summary>The tensors that gradients flow to; the addend of the epilogue is the last.</summary>
    public Tensor[] Differentiable() =>
    [
        Input, Weight, Bias,
        .. Prior is { } prior ? [prior.Mean, prior.Variance] : (Tensor[])[],
        .. Prior is not null && Gains.Learned is { } learned ? [learned.Mean, learned.Variance] : (Tensor[])[],
        .. Epilogue.Addend is { } addend ? [addend] : (Tensor[])[],
    ];
}
