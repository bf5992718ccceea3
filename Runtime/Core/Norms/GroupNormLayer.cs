using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Statistics of each sample over groups of channels: group normalization (Wu and He 2018); with one group layer
/// normalization, with a group of each channel instance normalization.
/// </summary>
internal sealed class GroupNormLayer : AffineNormLayer
{
    private readonly long _groups;
    private readonly PerSamplePolicy _policy;

    public GroupNormLayer(long channels, PerSamplePolicy policy, Device? device, ScalarType? dtype)
        : base(nameof(GroupNormLayer), channels, policy.Eps, device, dtype)
    {
        _policy = policy;
        _groups = GroupNormalization.CheckGroups(policy.Groups ?? channels, channels);
        RegisterAffine();
    }

    public override (Tensor output, ChannelState? emitted, ChannelState? posterior) forward(
        Tensor input, ChannelState? prior) => forward(input, prior, default);

    private protected override (Tensor output, ChannelState? emitted, ChannelState? posterior) forward(
        Tensor input, ChannelState? prior, Epilogue epilogue)
    {
        CheckInput(input);
        if (training)
            CheckNotEmpty(input);
        return (GroupNormalization.Normalize(input, weight, bias, _groups, eps, training ? Report : null, _policy, epilogue), null, null);
    }
}
