using System;
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

    /// <summary>
    /// Demands that the state, the weight, the groups and the taps fit each other: loops and kernels read by these sizes.
    /// </summary>
    /// <param name="weight">[out, in / groups, ...taps].</param>
    /// <param name="seen">Where the taps meet the input; null means everywhere.</param>
    /// <exception cref="ArgumentException">They do not.</exception>
    public void Check(Tensor weight, SeenTaps? seen)
    {
        if (Inputs == weight.size(1) * Groups && Outputs % Groups == 0 && (seen is null || seen.Shares.Length == Taps))
            return;
        throw new ArgumentException(
            $"A state of {Inputs} channels does not pass a weight of [{string.Join(", ", weight.shape)}]"
            + (Groups == 1 ? "" : $" in {Groups} groups")
            + (seen is null || seen.Shares.Length == Taps ? "." : $", whose layer was made for {seen.Shares.Length} taps."));
    }
}
