using System.Collections.Generic;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// A filter without a prior by torch's operations, for gradients that are themselves to be differentiated: batch normalization, or with
/// statistics of each sample group normalization.
/// </summary>
internal static class FilterComposition
{
    /// <param name="inputs">As <see cref="FilterArguments.Differentiable"/> lists them, the addend with its place.</param>
    /// <param name="output">The output, where it was saved: that of a sum.</param>
    /// <param name="layout">The layout of the value.</param>
    /// <param name="eps">Added to the variance.</param>
    /// <param name="activation">The activation after it.</param>
    /// <param name="adds">Whether the last input is added.</param>
    /// <returns>The output once more, or null where torch has no such operation.</returns>
    public static Tensor? Of(
        IReadOnlyList<Tensor> inputs, Tensor? output, Layout layout, double eps, Activation activation, bool adds)
    {
        var (weight, bias) = (inputs[1], inputs[2]);
        // A device's kernels take no value of another type than the weight's.
        var x = inputs[0].to(weight.dtype);
        var normalized = layout.Batches.Size == 1 ? nn.functional.group_norm(x, layout.Groups, weight, bias, eps)
            : layout.Batches.Count == 1 && layout.GroupSize == 1
                ? nn.functional.batch_norm(Strides.Settle(x), null!, null!, weight, bias, training: true, 0, eps).reshape(x.shape)
            : null;
        if (normalized is null)
            return null;
        normalized = normalized.to(inputs[0].dtype);
        var epilogue = new Epilogue(activation, adds ? inputs[^1] : null);
        // Relu and relu6 of a sum that was not kept: a sum whose slope is 1 or 0, which the output tells.
        return output is null
            ? epilogue.Of(normalized)
            : Sum(normalized, epilogue.Addend!) * IsLinearAt(output, activation);
    }

    /// <summary>1 where relu or relu6 gives its input, 0 where it cuts it off.</summary>
    private static Tensor IsLinearAt(Tensor output, Activation activation)
    {
        var slope = output.gt(Held(0));
        return (activation == Activation.Relu6 ? slope.logical_and(output.lt(Held(6))) : slope).to(output.dtype);
    }
}
