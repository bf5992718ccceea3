using System.Collections.Generic;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Kalman normalization of each sample by itself (Wang et al., NeurIPS 2018, section on group Kalman normalization): the statistics
/// of a sample over a group of channels are filtered with the prior of the chain, reduced to the group. With a group of each channel
/// it is instance Kalman normalization, with one group layer Kalman normalization.
/// </summary>
/// <remarks>
/// In inference the prior is its running average over training, kept as <c>prior_mean</c> and <c>prior_var</c>, [groups] each. The names
/// are not those of BatchNorm's running averages, which are something else. A layer that never had a prior (<c>priors_tracked</c> is 0:
/// the chain begins there, or the weights are of the plain policy) does without. A statistic of a single value shows no variance; where
/// the chain brings no prior for it, the layer's own past does.
/// </remarks>
internal sealed class PerSampleKalmanLayer : AffineNormLayer
{
    private readonly PerSampleKalmanPolicy _policy;
    private readonly long _groups;

    private readonly HostCount _seen = new();
    private readonly SeenAverages _seenAverages = new();

    private readonly Tensor prior_mean;
    private readonly Tensor prior_var;
    private readonly Tensor priors_tracked;

    public PerSampleKalmanLayer(long channels, PerSampleKalmanPolicy policy, Device? device, ScalarType? dtype)
        : base(nameof(PerSampleKalmanLayer), channels, policy.Eps, device, dtype)
    {
        _policy = policy;
        _groups = GroupNormalization.CheckGroups(policy.Groups ?? channels, channels);
        prior_mean = Owned(zeros(_groups, dtype, device));
        prior_var = Owned(ones(_groups, dtype, device));
        priors_tracked = Owned(zeros([], ScalarType.Int64, device));
        RegisterAffine();
        register_buffer(nameof(prior_mean), prior_mean);
        register_buffer(nameof(prior_var), prior_var);
        register_buffer(nameof(priors_tracked), priors_tracked);
    }

    /// <summary>The plain policy has no such entries, and nothing else is missing in a file of its weights.</summary>
    internal override IReadOnlyList<string> OptionalWeights => [nameof(prior_mean), nameof(prior_var), nameof(priors_tracked)];

    public override (Tensor output, ChannelState? emitted, ChannelState? posterior) forward(
        Tensor input, ChannelState? prior) => forward(input, prior, default);

    private protected override (Tensor output, ChannelState? emitted, ChannelState? posterior) forward(
        Tensor input, ChannelState? prior, Epilogue epilogue)
    {
        CheckInput(input);
        if (training)
            CheckNotEmpty(input);
        if (input.numel() == 0)
            return (epilogue.Of(input.alias()), null, null);

        using var scope = NewDisposeScope();
        var samples = input.size(0);
        var isSingle = input.numel() == samples * _groups;
        var known = training ? prior?.ToPrior(samples) : null;
        if (known is not null)
            CheckPrior(known.Channels);
        if (!training)
            _seenAverages.See();
        var isPast = known is null && (isSingle || (!training && _seen.Of(priors_tracked) > 0));

        // Every sample is a micro-batch: no sample has a part in another's output.
        var arguments = new FilterArguments(
            input, weight, bias, isPast ? Averages.ToPrior(copied: training) : known,
            new FilterGains(_policy.GainOf(input.numel() / (samples * _groups)), Learned: null),
            MicroBatches.Split(samples, 1),
            new FilterSettings(eps)
            {
                GroupSize = num_features / _groups,
                // In inference it passes, and spoils its own sample alone.
                RefusesNotFinite = training,
                Place = _groups == num_features ? "channel {0} of sample {1}" : "group {0} of sample {1}",
            })
        {
            Averaged = isPast ? AveragedStatistics.Observed : AveragedStatistics.Prior,
            EmitsStatistics = training,
            Epilogue = epilogue,
            Report = training ? Report : null,
        };
        var averages = !training || arguments.Prior is null ? null : isPast ? AveragesToUpdate() : AveragesOfPrior;
        var (output, statistics, spread) = KalmanFilter.Normalize(arguments, averages);
        if (averages is not null)
            _seen.CountOne(priors_tracked);
        scope.MoveToOuter(output);
        if (!training)
            return (output, null, null);

        var size = input.shape[2..];
        return (
            output, new EmittedState(weight, bias, spread, size).MoveToOuter(scope),
            new GroupedState(statistics, num_features / _groups, size).MoveToOuter(scope));
    }

    /// <summary>
    /// The averages take in the first prior as it is, since they begin with numbers that mean nothing; where the share is 0 they take in
    /// none.
    /// </summary>
    private RunningAverages? AveragesOfPrior => _policy.Momentum == 0
        ? null
        : AveragesToUpdate() with { Momentum = _seen.Of(priors_tracked) == 0 ? 1 : _policy.Momentum };

    /// <inheritdoc/>
    private protected override void ForgetCounts() => _seen.Forget();

    private RunningAverages AveragesToUpdate() => _seenAverages.ToUpdate(Averages);

    private RunningAverages Averages => new(prior_mean, prior_var, priors_tracked, _policy.Momentum);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            prior_mean.Dispose();
            prior_var.Dispose();
            priors_tracked.Dispose();
        }

        base.Dispose(disposing);
    }
}
