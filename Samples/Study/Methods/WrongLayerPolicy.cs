using System.Collections.Generic;
using static TorchSharp.torch;

namespace KnDsl.Samples.Study.Methods;

/// <summary>
/// A control: Kalman normalization in which every layer gets the prior of another layer, the one before it among those with as many
/// channels; the first of them gets that of the last, from the step before. Filter, gain and the kind of numbers are the same; the
/// difference from KN is what the wiring contributes.
/// </summary>
internal sealed record WrongLayerPolicy : NormPolicy
{
    private readonly NormPolicy inner;
    private readonly Dictionary<long, List<WrongLayer>> layers;

    public WrongLayerPolicy(NormPolicy inner)
        : this(inner, [])
    {
    }

    private WrongLayerPolicy(NormPolicy inner, Dictionary<long, List<WrongLayer>> layers)
    {
        this.inner = inner;
        this.layers = layers;
    }

    /// <summary>Layers of one policy are those of one network: a policy is for one network only.</summary>
    public override NormLayer Create(long channels, Device? device = null, ScalarType? dtype = null)
    {
        if (!layers.TryGetValue(channels, out var ring))
            layers.Add(channels, ring = []);
        var layer = new WrongLayer(inner.Create(channels, device, dtype), ring);
        ring.Add(layer);
        return layer;
    }

    public override NormPolicy With(double? eps = null, double? momentum = null) =>
        new WrongLayerPolicy(inner.With(eps, momentum), layers);

    protected override string Name => "wrong_layer";

    protected override IEnumerable<string> Settings() => [inner.ToString()];

    private sealed class WrongLayer : NormLayer
    {
        private readonly NormLayer inner;
        private readonly List<WrongLayer> _ring;
        private (Tensor Mean, Tensor Variance)? _latest;

        public WrongLayer(NormLayer inner, List<WrongLayer> ring)
            : base(nameof(WrongLayer), inner.num_features)
        {
            this.inner = inner;
            _ring = ring;
            RegisterComponents();
        }

        public override (Tensor output, ChannelState? emitted, ChannelState? posterior) forward(Tensor input, ChannelState? prior)
        {
            if (!training || prior is null)
                return inner.call(input, prior);
            var before = _ring[(_ring.IndexOf(this) + _ring.Count - 1) % _ring.Count];
            using var scope = NewDisposeScope();
            var wrong = before._latest is var (mean, variance)
                ? ChannelState.Gaussian(mean.clone(), variance.clone(), input.shape[2..])
                : null;
            Keep(prior);
            var (output, emitted, posterior) = inner.call(input, wrong);
            return (scope.MoveToOuter(output), emitted?.MoveToOuter(scope), posterior?.MoveToOuter(scope));
        }

        /// <summary>Keeps a copy of the prior that the chain brought, for the layer that gets it instead.</summary>
        private void Keep(ChannelState prior)
        {
            var (mean, variance) = prior.MeanAndVariance();
            Drop();
            _latest = (mean.detach().clone().DetachFromDisposeScope(), variance.detach().clone().DetachFromDisposeScope());
        }

        private void Drop()
        {
            _latest?.Mean.Dispose();
            _latest?.Variance.Dispose();
            _latest = null;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                Drop();
                _ring.Remove(this);
            }

            base.Dispose(disposing);
        }
    }
}
