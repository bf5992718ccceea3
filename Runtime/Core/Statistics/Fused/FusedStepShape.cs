using static TorchSharp.torch;

namespace KnDsl;

/// <summary>The sizes of a fused step.</summary>
internal readonly record struct FusedStepShape(long Rows, long Inputs, long Outputs, long Groups, long Taps)
{
    public FusedStepShape(MomentSource source, Tensor weight, long groups)
        : this(source.Rows, source.Channels, weight.size(0), groups, weight.numel() / (weight.size(0) * weight.size(1)))
    {
    }

    /// <summary>Input channels of a group.</summary>
    public long GroupInputs => Inputs / Groups;

    /// <summary>Elements of one output channel's kernel.</summary>
    public long KernelLength => GroupInputs * Taps;

    /// <summary>Elements of the weight.</summary>
    public long Elements => Outputs * KernelLength;

    /// <summary>The group of an output channel.</summary>
    public long GroupOf(long output) => output / (Outputs / Groups);
}
