using static TorchSharp.torch;

namespace KnDsl;

public abstract partial class ChannelState
{
    /// <summary>The state behind a gated linear unit over the channels: the first half times the sigmoid of the second, as independents.</summary>
    /// <returns>The state of C/2 channels.</returns>
    public ChannelState Glu() =>
        Multiply(Slice(1, 0, Channels / 2), Slice(1, Channels / 2, Channels).Apply(value => nn.functional.sigmoid(value)))!;
}
