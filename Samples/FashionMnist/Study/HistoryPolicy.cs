using System.Collections.Generic;
using System.Linq;
using static TorchSharp.torch;

namespace KnDsl.Samples.FashionMnist.Study;

/// <summary>
/// A control: Kalman normalization whose prior does not come from the layers before it but from its own past, running averages
/// of what it observed. Same filter, same gain; what differs from KN is what the chain contributes.
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

        // Not the inner layer's averages: those are of filtered statistics, and a prior of them would hardly move.
        private readonly Tensor past_mean;
        private readonly Tensor past_var;

        public HistoryLayer(RunningNormLayer inner)
            : base(nameof(HistoryLayer), inner.num_features)
        {
            this.inner = inner;
            past_mean = inner.running_mean.clone().DetachFromDisposeScope();
            past_var = inner.running_var.clone().DetachFromDisposeScope();
            RegisterComponents();
        }

        public override (Tensor output, ChannelState? emitted, ChannelState? posterior) forward(Tensor input, ChannelState? prior)
        {
            using var scope = NewDisposeScope();
            if (!training) return (scope.MoveToOuter(inner.call(input)), null, null);

            // The first batch has no past but itself.
            if (inner.num_batches_tracked.item<long>() == 0) Remember(input, share: 1);
            // A copy: the past goes on while autograd still holds the prior.
            ChannelState past = ChannelState.Gaussian(past_mean.clone(), past_var.clone(), input.shape[2..]);
            Remember(input, inner.momentum);
            return (scope.MoveToOuter(inner.forward(input, past).output), null, null);
        }

        /// <summary>Takes the batch's mean, and its variance about the mean so far, into the past.</summary>
        private void Remember(Tensor input, double share)
        {
            using var noGradient = no_grad();
            long[] all = [0, .. Enumerable.Range(2, (int)input.dim() - 2).Select(dim => (long)dim)];
            long[] channels = [1, num_features, .. Enumerable.Repeat(1L, (int)input.dim() - 2)];
            Tensor mean = input.mean(all);
            Tensor center = share == 1 ? mean : past_mean;
            past_var.lerp_((input - center.view(channels)).square().mean(all), share);
            past_mean.lerp_(mean, share);
        }
    }
}
