using System.Collections.Generic;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace KnDsl.Samples.Study.Methods;

/// <summary>Where the number comes from by which a layer multiplies the variances of its prior.</summary>
internal enum PriorScale
{
    /// <summary>The running average of the ratio of what was observed to the prior.</summary>
    Observed,

    /// <summary>It is trained with the network.</summary>
    Learned,
}

/// <summary>
/// A variation: Kalman normalization that knows of correlated positions. The chain takes positions for independent, so its variances
/// are about 0.3 of what is observed; here every layer multiplies them by one number of its own.
/// </summary>
internal sealed record RescaledPriorPolicy(NormPolicy Inner, PriorScale Scale) : NormPolicy
{
    public override NormLayer Create(long channels, Device? device = null, ScalarType? dtype = null) =>
        new RescaledPriorLayer(Inner.Create(channels, device, dtype), Scale);

    public override NormPolicy With(double? eps = null, double? momentum = null) =>
        new RescaledPriorPolicy(Inner.With(eps, momentum), Scale);

    protected override string Name => "rescaled_prior";

    protected override IEnumerable<string> Settings() => [Inner.ToString(), Scale.ToString()];

    private sealed class RescaledPriorLayer : NormLayer
    {
        /// <summary>The share of a step in the average.</summary>
        private const double Momentum = 0.1;

        private readonly NormLayer inner;
        private readonly Parameter? log_scale;
        private readonly PriorScale _scale;
        private double _ratio = 1;

        public RescaledPriorLayer(NormLayer inner, PriorScale scale)
            : base(nameof(RescaledPriorLayer), inner.num_features)
        {
            this.inner = inner;
            _scale = scale;
            if (scale == PriorScale.Learned)
                log_scale = new Parameter(zeros(1));
            RegisterComponents();
        }

        public override (Tensor output, ChannelState? emitted, ChannelState? posterior) forward(Tensor input, ChannelState? prior)
        {
            if (!training || prior is null)
                return inner.call(input, prior);
            using var scope = NewDisposeScope();
            var (mean, variance) = prior.MeanAndVariance();
            if (_scale == PriorScale.Observed)
                Observe(input, variance);
            var scaled = ChannelState.Gaussian(mean, variance * (log_scale?.exp() ?? _ratio), input.shape[2..]);
            var (output, emitted, posterior) = inner.call(input, scaled);
            return (scope.MoveToOuter(output), emitted?.MoveToOuter(scope), posterior?.MoveToOuter(scope));
        }

        private void Observe(Tensor input, Tensor variance)
        {
            using var noGrad = no_grad();
            var observed = input.transpose(0, 1).flatten(1).var(1, unbiased: false).mean();
            _ratio += Momentum * ((observed / variance.mean()).item<float>() - _ratio);
        }
    }
}
