using static TorchSharp.torch;

namespace KnDsl;

/// <summary>Instance normalization without a scale and a shift, as PyTorch's InstanceNorm is by default: it has no parameters.</summary>
internal sealed class PlainInstanceNormLayer(long channels, PerSamplePolicy policy)
    : NormLayer(nameof(PlainInstanceNormLayer), channels)
{
    public override (Tensor output, ChannelState? emitted, ChannelState? posterior) forward(
        Tensor input, ChannelState? prior) => forward(input, prior, default);

    private protected override (Tensor output, ChannelState? emitted, ChannelState? posterior) forward(
        Tensor input, ChannelState? prior, Epilogue epilogue)
    {
        CheckInput(input);
        if (training)
            CheckNotEmpty(input);
        return (
            GroupNormalization.Normalize(
                input, null, null, num_features, policy.Eps, training ? Report : null, policy, epilogue),
            null, null);
    }
}
