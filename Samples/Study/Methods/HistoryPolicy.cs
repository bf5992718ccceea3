using System.Collections.Generic;
using static TorchSharp.torch;

namespace KnDsl.Samples.Study.Methods;

/// <summary>
/// A control: Kalman normalization whose prior does not come from the layers before it, but from the layer's own past, its
/// running averages. Filter and gain are the same; the difference from KN is what the chain contributes. These averages
/// are of filtered statistics and follow slowly; with averages of observed ones as a prior, training is worse (25 % error
/// at 2 samples).
/// </summary>
internal sealed record HistoryPolicy(NormPolicy Inner) : NormPolicy
{
    public override NormLayer Create(long channels, Device? device = null, ScalarType? dtype = null) =>
        new HistoryLayer((RunningNormLayer)Inner.Create(channels, device, dtype));

    public override NormPolicy With(double? eps = null, double? momentum = null) => new HistoryPolicy(Inner.With(eps, momentum));

    protected override string Name => "history";

    protected override IEnumerable<string> Settings() => [Inner.ToString()];

    private sealed class HistoryLayer : NormLayer
    {
        private readonly RunningNormLayer inner;

        public HistoryLayer(RunningNormLayer inner)
            : base(nameof(HistoryLayer), inner.num_features)
        {
            this.inner = inner;
            RegisterComponents();
        }

        public override (Tensor output, ChannelState? emitted, ChannelState? posterior) forward(Tensor input, ChannelState? prior)
        {
            using var scope = NewDisposeScope();
            // A copy, since the layer updates its averages while autograd still holds the prior.
            var past = training
                ? ChannelState.Gaussian(inner.running_mean.clone(), inner.running_var.clone(), input.shape[2..])
                : null;
            return (scope.MoveToOuter(inner.call(input, past).output), null, null);
        }
    }
}
