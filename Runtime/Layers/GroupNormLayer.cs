using System;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Statistics of each sample over groups of channels: group normalization (Wu and He 2018); with one group layer
/// normalization, with a group of each channel instance normalization.
/// </summary>
internal sealed class GroupNormLayer : AffineNormLayer
{
    private readonly long _groups;

    public GroupNormLayer(long channels, long groups, double eps, Device? device, ScalarType? dtype)
        : base(nameof(GroupNormLayer), channels, eps, device, dtype)
    {
        _groups = CheckGroups(groups, channels);
        RegisterComponents();
    }

    /// <summary>Groups must divide the channels.</summary>
    public static long CheckGroups(long groups, long channels) => channels % groups == 0
        ? groups
        : throw Setting.OutOfRange(nameof(groups), groups, $"must divide the layer's {channels} channels");

    public override (Tensor output, ChannelState? emitted, ChannelState? posterior) forward(
        Tensor input, ChannelState? prior)
    {
        CheckInput(input);
        CheckValues(input, _groups);
        return (nn.functional.group_norm(input, _groups, weight, bias, eps), null, null);
    }

    /// <summary>A statistic of one value says nothing.</summary>
    public static void CheckValues(Tensor input, long groups)
    {
        if (input.numel() == input.size(0) * groups && input.size(0) > 0)
            throw new ArgumentException(
                $"Expected more than 1 value in each of {groups} groups, got a value of shape " +
                $"[{string.Join(", ", input.shape)}].", nameof(input));
    }
}
