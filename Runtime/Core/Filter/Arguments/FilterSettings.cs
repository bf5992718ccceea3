using static TorchSharp.torch;

namespace KnDsl;

/// <summary>What a filter works on.</summary>
/// <param name="Input">The value, [N, C, ...].</param>
/// <param name="Weight">[C].</param>
/// <param name="Bias">[C].</param>
/// <param name="Prior">[R, C] or [1, C] each, or null where the chain begins.</param>
/// <param name="Gains">The gains.</param>
/// <param name="Batches">The micro-batches of the value.</param>
/// <param name="Settings">Numbers besides.</param>
internal sealed record FilterArguments(
    Tensor Input, Tensor Weight, Tensor Bias, Moments? Prior, FilterGains Gains, MicroBatches Batches,
    FilterSettings Settings)
{
    /// <summary>
    /// Whether the prior is the running averages themselves. What was filtered with them cannot teach them anything: they take
    /// in what is observed, the variance about their own mean.
    /// </summary>
    public bool PriorIsPast { get; init; }

    /// <summary>The rows of the prior: 0 without one, 1 for all micro-batches, or one for each.</summary>
    public long PriorRows => Prior?.Mean.size(0) ?? 0;

    /// <summary>The tensors that gradients flow to.</summary>
    public Tensor[] Differentiable() => (Prior, Gains.Learned) switch
    {
        (null, _) => [Input, Weight, Bias],
        ({ } prior, null) => [Input, Weight, Bias, prior.Mean, prior.Variance],
        ({ } prior, { } learned) =>
            [Input, Weight, Bias, prior.Mean, prior.Variance, learned.Mean, learned.Variance],
    };
}

/// <summary>The gains of a filter: fixed, or learned tensors.</summary>
/// <param name="Fixed">Fixed gains.</param>
/// <param name="Learned">
/// Learned gains of mean and variance instead, [1 or R, 1 or C] each: per layer or channel, and per micro-batch where they
/// follow the samples.
/// </param>
internal sealed record FilterGains(Gain Fixed, Moments? Learned);

/// <summary>What a filter needs besides tensors.</summary>
/// <param name="Eps">Added to the variance.</param>
/// <param name="GuardsEachMicroBatch">
/// Whether the guard decides for each micro-batch, or (the authors' way) for the whole layer at once.
/// </param>
internal sealed record FilterSettings(double Eps, bool GuardsEachMicroBatch)
{
    /// <summary>Whether the channels are groups of a layer's channels, and every micro-batch is a sample.</summary>
    public bool ChannelsAreGroups { get; init; }

    /// <summary>Where the channel-mean of v0 / var reaches this the prior is ignored: the authors' guard.</summary>
    public const double Guard = 100;

    /// <summary>
    /// A variance below this share of the squared mean is rounding: such a channel says nothing about the prior.
    /// </summary>
    public const double NoVariance = 1e-12;
}
