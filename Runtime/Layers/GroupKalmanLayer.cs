using System.Linq;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Group Kalman normalization (Wang et al., NeurIPS 2018): the statistics of each sample over a group of channels are
/// filtered with the prior of the chain, reduced to the group. In inference the prior is its running average, kept as
/// <c>running_mean</c> and <c>running_var</c>, [groups] each; before a prior was ever seen the variance is infinite, which
/// the guard takes for no prior.
/// </summary>
internal sealed class GroupKalmanLayer : AffineNormLayer
{
    private readonly GroupKalmanPolicy _policy;

    [ComponentName(Name = nameof(running_mean))]
    private Tensor running_mean;

    [ComponentName(Name = nameof(running_var))]
    private Tensor running_var;

    [ComponentName(Name = nameof(num_batches_tracked))]
    private Tensor num_batches_tracked;

    public GroupKalmanLayer(long channels, GroupKalmanPolicy policy, Device? device, ScalarType? dtype)
        : base(nameof(GroupKalmanLayer), channels, policy.Eps, device, dtype)
    {
        GroupNormLayer.CheckGroups(policy.Groups, channels);
        _policy = policy;
        running_mean = Owned(zeros(policy.Groups, dtype, device));
        running_var = Owned(full(policy.Groups, double.PositiveInfinity, dtype, device));
        num_batches_tracked = Owned(zeros([], ScalarType.Int64, device));
        RegisterComponents();
    }

    public override (Tensor output, ChannelState? emitted, ChannelState? posterior) forward(
        Tensor input, ChannelState? prior)
    {
        CheckInput(input);
        GroupNormLayer.CheckValues(input, _policy.Groups);
        using var scope = NewDisposeScope();
        var reduced = training ? Track(prior?.Moments()) : new Moments(running_mean.unsqueeze(0), running_var.unsqueeze(0));
        var samples = input.size(0);

        // Every sample's groups become channels of one batch of one sample, the filter's own form.
        var groups = input.contiguous().view(1, samples * _policy.Groups, -1);
        var arguments = new FilterArguments(
            groups, weight.new_ones(groups.size(1)), weight.new_zeros(groups.size(1)),
            reduced?.Select(tensor => tensor.expand(samples, -1).reshape(1, -1)),
            new FilterGains(_policy.Gain, Learned: null), MicroBatches.Of(1, null),
            new FilterSettings(eps, GuardsEachGroup: true));
        var (normalized, statistics) = KalmanFilter.Normalize(arguments, averages: null);

        long[] shape = [1, num_features, .. input.shape[2..].Select(_ => 1L)];
        var output = addcmul(bias.view(shape), normalized.view(input.shape), weight.view(shape), 1);
        scope.MoveToOuter(output);
        if (!training) return (output, null, null);

        var size = input.shape[2..];
        var channelsOfGroup = num_features / _policy.Groups;
        var posterior = FlattenMoments.Of(statistics.Select(tensor => tensor.view(samples, -1)), channelsOfGroup);
        return (
            output, new EmittedState(weight, bias, size),
            new AnalyticState(posterior, size).MoveToOuter(scope));
    }

    /// <summary>Reduces the prior to the groups, and keeps its running average for inference.</summary>
    private Moments? Track(Moments? prior)
    {
        if (prior is not { } moments) return null;

        var reduced = MixtureMoments.Of(moments.Select(tensor => tensor.contiguous()), num_features / _policy.Groups);
        using var noGrad = no_grad();
        var (mean, variance) = (reduced.Mean.mean([0]), reduced.Variance.mean([0]));
        var first = running_var.isinf();
        var (oldMean, oldVariance) = (where(first, mean, running_mean), where(first, variance, running_var));
        num_batches_tracked.add_(1);
        running_mean.copy_(oldMean + (mean - oldMean) * _policy.Momentum);
        running_var.copy_(oldVariance + (variance - oldVariance) * _policy.Momentum);
        return reduced;
    }
}
