using System.Collections.Generic;
using static TorchSharp.torch;

namespace KnDsl.Samples.Study.Methods;

/// <summary>
/// Another way to infer with a policy of single samples: the chain runs as in training, and every layer filters with the prior that it
/// brings, in place of the running average of the priors of training.
/// </summary>
internal sealed record ChainedInferencePolicy(NormPolicy Inner) : NormPolicy
{
    // Without momentum nothing is kept from training, and filtering as in training changes nothing in the layer.
    public override NormLayer Create(long channels, Device? device = null, ScalarType? dtype = null) =>
        new ChainedInferenceLayer(Inner.With(momentum: 0).Create(channels, device, dtype));

    public override NormPolicy With(double? eps = null, double? momentum = null) => new ChainedInferencePolicy(Inner.With(eps, momentum));

    protected override string Name => "chained_inference";

    protected override IEnumerable<string> Settings() => [Inner.ToString()];

    private sealed class ChainedInferenceLayer : NormLayer
    {
        private readonly NormLayer inner;

        public ChainedInferenceLayer(NormLayer inner)
            : base(nameof(ChainedInferenceLayer), inner.num_features)
        {
            this.inner = inner;
            RegisterComponents();
        }

        public override (Tensor output, ChannelState? emitted, ChannelState? posterior) forward(Tensor input, ChannelState? prior)
        {
            inner.train();
            return inner.call(input, prior);
        }
    }
}
