using TorchSharp.Modules;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Kalman normalization (Wang et al., NeurIPS 2018): statistics of micro-batches, filtered with the prior that the chain
/// brings from the preceding layers. Inference uses running averages of the filtered statistics and has no chain, so that
/// a trained layer costs, and folds, as batch normalization does.
/// </summary>
internal sealed class KalmanNormLayer : RunningNormLayer
{
    // A process noise of softplus(-5), below one hundredth of a unit variance: the analytic prior at first.
    private const double NoiseAtFirst = -5;

    private readonly KalmanPolicy _policy;

    // Learned gains and transitions; null where the policy has none.
    private readonly Parameter? gain_mean;
    private readonly Parameter? gain_variance;
    private readonly Parameter? transition_scale;
    private readonly Parameter? transition_shift;
    private readonly Parameter? process_noise;

    public KalmanNormLayer(long channels, KalmanPolicy policy, Device? device, ScalarType? dtype)
        : base(nameof(KalmanNormLayer), channels, policy.Eps, policy.Momentum, device, dtype)
    {
        _policy = policy;
        if (policy.Gain.Kind != GainKind.Fixed)
        {
            var count = policy.Gain.PerChannel ? channels : 1;
            var (mean, variance) = policy.Gain.InitialLogits();
            gain_mean = Registered(nameof(gain_mean), count, mean);
            gain_variance = Registered(nameof(gain_variance), count, variance);
        }

        if (policy.Transition == Transition.Learned)
        {
            transition_scale = Registered(nameof(transition_scale), channels, 1);
            transition_shift = Registered(nameof(transition_shift), channels, 0);
            process_noise = Registered(nameof(process_noise), channels, NoiseAtFirst);
        }

        RegisterAffine();

        Parameter Registered(string name, long count, double value)
        {
            var parameter = Owned(new Parameter(full(count, Held(value), dtype, device)));
            register_parameter(name, parameter);
            return parameter;
        }
    }

    public override (Tensor output, ChannelState? emitted, ChannelState? posterior) forward(
        Tensor input, ChannelState? prior) => forward(input, prior, default);

    private protected override (Tensor output, ChannelState? emitted, ChannelState? posterior) forward(
        Tensor input, ChannelState? prior, Epilogue epilogue)
    {
        CheckInput(input);
        if (!training)
            return (NormalizeWithRunningAverages(input, epilogue), null, null);
        CheckNotFolded();
        CheckNotEmpty(input);

        using var scope = NewDisposeScope();
        var batches = MicroBatches.Split(input.size(0), _policy.Microbatch);
        if (batches.Size == 1 && _policy.Gain == Gain.Default)
            Advice.OfOneSample();
        var known = prior is null ? History(batches) : Transit(prior, batches.Count);
        var sampled = _policy.Transition == Transition.Sampled;
        var settings = new FilterSettings(eps, sampled ? PriorGuard.Authors : PriorGuard.OfMicroBatch);
        var arguments = new FilterArguments(
            input, weight, bias, known, new FilterGains(_policy.Gain, Gains(batches)), batches, settings)
        {
            Averaged = prior is null ? AveragedStatistics.Observed : AveragedStatistics.Filtered, Epilogue = epilogue, Report = Report,
        };
        var (output, posterior, spread) = KalmanFilter.Normalize(arguments, AveragesToUpdate());

        var size = input.shape[2..];
        scope.MoveToOuter(output, posterior.Mean, posterior.Variance);
        return sampled
            ? (output, new SampledState(posterior, size), prior ?? new SampledState(posterior, size))
            : (output, new EmittedState(weight, bias, spread, size).MoveToOuter(scope), new AnalyticState(posterior, size));
    }

    /// <summary>
    /// The substitute for a prior where a chain begins. From two samples on there is none, and the layer is batch
    /// normalization. With statistics of one sample that would be instance normalization, in training alone: so there the
    /// layer's own running averages are the prior. The authors' procedure has no such substitute.
    /// </summary>
    private MomentSource? History(MicroBatches batches) => batches.Size == 1 && _policy.Transition != Transition.Sampled
        ? Averages.ToPrior(copied: true)
        : null;

    /// <summary>The prior, and where it is learned its transition: m0 = a m + b, v0 = a^2 v + r.</summary>
    private MomentSource Transit(ChannelState state, long rows)
    {
        var prior = state.ToPrior(rows);
        CheckPrior(prior.Channels);
        return transition_scale is null || transition_shift is null || process_noise is null
            ? prior
            : prior.Select(moments => new(
                Sum(transition_scale * moments.Mean, transition_shift),
                Sum(Square(transition_scale) * moments.Variance, Softplus(process_noise))));
    }

    private Moments? Gains(MicroBatches batches) => gain_mean is null || gain_variance is null
        ? null
        : new LearnedGain(gain_mean, gain_variance).ToGains(_policy.Gain.Kind, batches);
}
