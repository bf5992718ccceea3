using System;
using System.Collections.Generic;
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
        var priorMoments = prior?.Moments();
        if (priorMoments is { } known) CheckPrior(known, batches);

        var outputs = new List<Tensor>();
        var means = new List<Tensor>();
        var variances = new List<Tensor>();
        var unbiased = new List<Tensor>();
        foreach (var part in batches.Parts())
        {
            var filter = new FilterSettings(
                part.Groups, _policy.Gain.Mean(part.Size), _policy.Gain.Variance, eps,
                GuardsEachGroup: _policy.Transition != Transition.Sampled);
            var filtered = KalmanFilter.Normalize(
                part.View(input), weight, bias, priorMoments?.Select(part.Rows), filter);
            outputs.Add(filtered.Output.view([part.Samples, .. input.shape[1..]]));
            means.Add(filtered.Mean);
            variances.Add(filtered.Variance);
            unbiased.Add(filtered.UnbiasedVariance);
        }

        var posterior = new Moments(Rows(means), Rows(variances));
        Track(posterior.Mean, Rows(unbiased));

        var spatial = input.shape[2..];
        ChannelState emitted = _policy.Transition == Transition.Sampled
            ? new SampledState(posterior, spatial)
            : new EmittedState(weight, bias, spatial);
        ChannelState sharpened = _policy.Transition == Transition.Sampled
            ? prior ?? new SampledState(posterior, spatial)
            : new AnalyticState(posterior, spatial);

        scope.MoveToOuter(posterior.Mean, posterior.Variance);
        return (scope.MoveToOuter(Rows(outputs)), emitted, sharpened);
    }

    private void CheckPrior(Moments prior, MicroBatches batches)
    {
        var (groups, channels) = (prior.Mean.size(0), prior.Mean.size(1));
        if (channels != num_features || (groups != 1 && groups != batches.Count))
            throw new ArgumentException(
                $"The prior has {groups} micro-batches of {channels} channels where {batches.Count} of " +
                $"{num_features} were expected.", nameof(prior));
    }

    private static Tensor Rows(List<Tensor> parts) => parts.Count == 1 ? parts[0] : cat(parts);
}
