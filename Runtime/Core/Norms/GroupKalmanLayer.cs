using System.Linq;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Group Kalman normalization (Wang et al., NeurIPS 2018): the statistics of each sample over a group of channels are
/// filtered with the prior of the chain, reduced to the group. In inference the prior is its running average, kept as
/// <c>running_mean</c> and <c>running_var</c>, [groups] each, 0 and 1 at first as BatchNorm's are. <c>num_batches_tracked</c> counts the
/// priors in them; while it is 0 there is none.
/// </summary>
internal sealed class GroupKalmanLayer : AffineNormLayer
{
    private readonly GroupKalmanPolicy _policy;

    private readonly Tensor running_mean;
    private readonly Tensor running_var;
    private readonly Tensor num_batches_tracked;

    public GroupKalmanLayer(long channels, GroupKalmanPolicy policy, Device? device, ScalarType? dtype)
        : base(nameof(GroupKalmanLayer), channels, policy.Eps, device, dtype)
    {
        GroupNormalization.CheckGroups(policy.Groups, channels);
        _policy = policy;
        running_mean = Owned(zeros(policy.Groups, dtype, device));
        running_var = Owned(ones(policy.Groups, dtype, device));
        num_batches_tracked = Owned(zeros([], ScalarType.Int64, device));
        RegisterAffine();
        register_buffer(nameof(running_mean), running_mean);
        register_buffer(nameof(running_var), running_var);
        register_buffer(nameof(num_batches_tracked), num_batches_tracked);
    }

    public override (Tensor output, ChannelState? emitted, ChannelState? posterior) forward(
        Tensor input, ChannelState? prior)
    {
        CheckInput(input);
        if (training)
            CheckNotEmpty(input);
        GroupNormalization.CheckValues(input, _policy.Groups);
        if (input.numel() == 0)
            return (input.alias(), null, null);

        using var scope = NewDisposeScope();
        var samples = input.size(0);
        var reduced = training ? Reduced(prior, samples) : Tracked();

        // Groups are the channels, and every sample is a micro-batch: no sample has a part in another's output.
        var arguments = new FilterArguments(
            input.contiguous().view(samples, _policy.Groups, -1), weight.new_ones(_policy.Groups), weight.new_zeros(_policy.Groups),
            reduced, new FilterGains(_policy.Gain, Learned: null), MicroBatches.Split(samples, 1),
            new FilterSettings(eps, GuardsEachMicroBatch: true) { ChannelsAreGroups = true });
        var (normalized, statistics) = KalmanFilter.Normalize(arguments, averages: null);
        if (training && reduced is { } seen)
            Track(seen);

        long[] shape = [1, num_features, .. input.shape[2..].Select(_ => 1L)];
        var output = addcmul(bias.view(shape), normalized.view(input.shape), weight.view(shape), 1).to(input.dtype);
        scope.MoveToOuter(output);
        if (!training)
            return (output, null, null);

        var size = input.shape[2..];
        var channelsOfGroup = num_features / _policy.Groups;
        var posterior = statistics.Repeated(channelsOfGroup);
        return (
            output, new EmittedState(weight, bias, size),
            new AnalyticState(posterior, size).MoveToOuter(scope));
    }

    /// <summary>The prior, reduced to the groups.</summary>
    private Moments? Reduced(ChannelState? prior, long samples)
    {
        if (prior is null)
            return null;
        CheckPrior(prior.Channels);
        return prior.ToMoments().ForRows(samples).Select(tensor => tensor.contiguous()).Mixed(num_features / _policy.Groups);
    }

    /// <summary>
    /// The running average of the priors. Before the first of them its variance is infinite, which the guard takes for no prior: so no
    /// number has to come from the device.
    /// </summary>
    private Moments Tracked() => new(
        running_mean.unsqueeze(0), running_var.masked_fill(num_batches_tracked == 0, double.PositiveInfinity).unsqueeze(0));

    /// <summary>Keeps the running average of the prior, for inference; one that is not finite was ignored, and is here.</summary>
    private void Track(Moments prior)
    {
        using var noGrad = no_grad();
        // A share of 0 leaves the averages as they are, the first prior too.
        if (_policy.Momentum == 0)
            return;
        var (mean, variance) = (prior.Mean.mean([0]), prior.Variance.mean([0]));
        if (!(mean + variance).isfinite().all().item<bool>())
            return;

        var first = num_batches_tracked == 0;
        num_batches_tracked.add_(1);
        var (oldMean, oldVariance) = (where(first, mean, running_mean), where(first, variance, running_var));
        running_mean.copy_(oldMean + (mean - oldMean) * _policy.Momentum);
        running_var.copy_(oldVariance + (variance - oldVariance) * _policy.Momentum);
    }
}
