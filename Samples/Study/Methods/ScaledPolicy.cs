using System;
using System.Collections.Generic;
using System.Linq;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl.Samples.Study.Methods;

/// <summary>
/// A control: batch normalization that divides by a share of the variance that it observes. KN's prior underestimates the
/// variance of correlated positions, so its layers emit more than unit variance; this shows the effect of such a scale alone.
/// </summary>
internal sealed record ScaledPolicy(NormPolicy Inner) : NormPolicy
{
    /// <summary>The share that a prototype of KN was compared with: its prior had about 0.3 of the observed variance.</summary>
    public const double Share = 0.4;

    public override NormLayer Create(long channels, Device? device = null, ScalarType? dtype = null) =>
        new ScaledLayer((AffineNormLayer)Inner.Create(channels, device, dtype));

    public override NormPolicy With(double? eps = null, double? momentum = null) => new ScaledPolicy(Inner.With(eps, momentum));

    protected override string Name => "scaled";

    protected override IEnumerable<string> Settings() => [Inner.ToString()];

    private sealed class ScaledLayer : NormLayer
    {
        private readonly AffineNormLayer inner;

        public ScaledLayer(AffineNormLayer inner)
            : base(nameof(ScaledLayer), inner.num_features)
        {
            this.inner = inner;
            RegisterComponents();
        }

        /// <summary>y = weight (x - m) / sqrt(share v) + bias, computed from the inner layer's weight (x - m) / sqrt(v) + bias.</summary>
        public override (Tensor output, ChannelState? emitted, ChannelState? posterior) forward(Tensor input, ChannelState? prior)
        {
            using var scope = NewDisposeScope();
            var scale = 1 / Math.Sqrt(Share);
            long[] channels = [1, num_features, .. Enumerable.Repeat(1L, (int)input.dim() - 2)];
            var shift = (inner.bias * Held(1 - scale)).view(channels);
            return (scope.MoveToOuter(Sum(inner.call(input) * Held(scale), shift)), null, null);
        }
    }
}
