using static TorchSharp.torch;

namespace KnDsl;

/// <summary>Group normalization (Wu and He 2018): statistics of each sample over groups of channels.</summary>
internal sealed class GroupNormLayer : AffineNormLayer
{
    private readonly long _groups;

    public GroupNormLayer(long channels, GroupPolicy policy, Device? device, ScalarType? dtype)
        : base(nameof(GroupNormLayer), channels, policy.Eps, device, dtype)
    {
        if (channels % policy.Groups != 0)
            throw Setting.OutOfRange("groups", policy.Groups, $"must divide the layer's {channels} channels");

        _groups = policy.Groups;
        RegisterComponents();
    }

    public override (Tensor output, ChannelState? emitted, ChannelState? posterior) forward(
        Tensor input, ChannelState? prior)
    {
        CheckInput(input);
        return (nn.functional.group_norm(input, _groups, weight, bias, eps), null, null);
    }
}
