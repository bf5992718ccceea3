using System.Collections.Generic;
using static TorchSharp.torch;

namespace KnDsl.Samples.Study;

/// <summary>
/// A control: Kalman normalization whose prior does not come from the layers before it but from its own past, the running
/// averages. Same filter, same gain; what differs from KN is what the chain contributes. Those averages are of filtered
/// statistics and follow slowly; averages of observed ones for a prior train worse (25 % error at 2 samples).
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
            // A copy: the layer updates its averages while autograd still holds the prior.
            ChannelState? past = training
                ? ChannelState.Gaussian(inner.running_mean.clone(), inner.running_var.clone(), input.shape[2..])
                : null;
            return (scope.MoveToOuter(inner.forward(input, past).output), null, null);
        }
    }
}
