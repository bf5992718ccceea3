using System;
using System.Numerics;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>A use of the filter on a CPU in a block that is computed again.</summary>
/// <param name="layout">The layout of the value.</param>
/// <param name="work">The statistics of the first time, which it takes over.</param>
/// <param name="arguments">The arguments of the filter.</param>
/// <param name="requiresGrad">Whether the output had a gradient.</param>
internal sealed class CpuRecordedNorm<T>(Layout layout, CpuStatistics work, FilterArguments arguments, bool requiresGrad) : RecordedNorm
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Tensor _weight = arguments.Weight.detach().DetachFromDisposeScope();
    private readonly Tensor _bias = arguments.Bias.detach().DetachFromDisposeScope();
    private readonly Activation _activation = arguments.Epilogue.Activation;

    public override Tensor Again(Tensor input, Tensor? addend)
    {
        using var noGrad = no_grad();
        if (input.numel() != layout.Channels * layout.Positions * layout.Batches.Samples || !input.is_contiguous())
            throw new InvalidOperationException("A block that is computed again took another way than the first time.");
        var output = empty_like(input);
        CpuFilter<T>.Write(output, input, _weight, _bias, new(_activation, addend), layout, work);
        // What comes next may choose its way by that.
        output.requires_grad = requiresGrad;
        return output;
    }

    public override void Dispose()
    {
        work.Dispose();
        _weight.Dispose();
        _bias.Dispose();
    }
}
