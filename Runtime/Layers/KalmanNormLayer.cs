using System;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Kalman normalization (Wang et al., NeurIPS 2018): statistics of micro-batches, filtered with the prior that the chain
/// brings from the preceding layers. Inference uses running averages of the filtered statistics and has no chain, so that
/// a trained layer costs, and folds, as batch normalization does.
/// </summary>
internal sealed class KalmanNormLayer : RunningNormLayer
{
    private readonly KalmanPolicy _policy;

    public KalmanNormLayer(long channels, KalmanPolicy policy, Device? device, ScalarType? dtype)
        : base(nameof(KalmanNormLayer), channels, policy.Eps, policy.Momentum, device, dtype)
    {
        _policy = policy;
        RegisterComponents();
    }

    public override (Tensor output, ChannelState? emitted, ChannelState? posterior) forward(
        Tensor input, ChannelState? prior)
    {
        CheckInput(input);
        if (!training) return (NormalizeWithRunningAverages(input), null, null);

        using var scope = NewDisposeScope();
        var batches = MicroBatches.Of(input.size(0), _policy.Microbatch);
        var known = prior?.Moments().Select(Contiguous);
        if (known is { } moments) CheckPrior(moments, batches);

        var sampled = _policy.Transition == Transition.Sampled;
        var settings = new FilterSettings(eps, GuardsEachGroup: !sampled);
        var arguments = new FilterArguments(
            input, weight, bias, known, new FilterGains(_policy.Gain, Learned: null), batches, settings);
        var (output, posterior) = KalmanFilter.Normalize(arguments, Averages);

        var size = input.shape[2..];
        scope.MoveToOuter(output, posterior.Mean, posterior.Variance);
        return sampled
            ? (output, new SampledState(posterior, size), prior ?? new SampledState(posterior, size))
            : (output, new EmittedState(weight, bias, size), new AnalyticState(posterior, size));
    }

    private static Tensor Contiguous(Tensor tensor) => tensor.is_contiguous() ? tensor : tensor.contiguous();

    private void CheckPrior(Moments prior, MicroBatches batches)
    {
        var (groups, channels) = (prior.Mean.size(0), prior.Mean.size(1));
        if (channels != num_features || (groups != 1 && groups != batches.Count))
            throw new ArgumentException(
                $"The prior has {groups} micro-batches of {channels} channels where {batches.Count} of " +
                $"{num_features} were expected.", nameof(prior));
    }
}
