using System.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// What lies between two normalization layers in most networks, in one step on a CPU: the state that a layer emits or any
/// moments, perhaps a ReLU, and a convolution or linear layer.
/// </summary>
/// <param name="Mean">Means, [rows, C], or the shift of the emitting layer, [C].</param>
/// <param name="Variance">Variances, [rows, C], or the scale of the emitting layer, [C], whose square they are.</param>
/// <param name="Emitted">Whether scale and shift are meant.</param>
/// <param name="Rectified">Whether a ReLU lies between.</param>
internal sealed record TransitionSource(Tensor Mean, Tensor Variance, bool Emitted, bool Rectified)
{
    public long Rows => Emitted ? 1 : Mean.size(0);

    public long Channels => Mean.size(-1);
}

/// <inheritdoc cref="TransitionSource"/>
internal static class CpuTransition
{
    /// <summary>Whether the step can be made here.</summary>
    public static bool Serves(TransitionSource source, Tensor weight) =>
        weight.device_type == DeviceType.CPU && weight.dtype is ScalarType.Float32 or ScalarType.Float64 &&
        weight.is_contiguous() && source.Mean.dtype == weight.dtype && source.Variance.dtype == weight.dtype;

    /// <summary>The moments behind a convolution or linear layer.</summary>
    /// <param name="source">The state before.</param>
    /// <param name="weight">[out, in / groups, ...taps].</param>
    /// <param name="bias">[out], or null.</param>
    /// <param name="groups">Groups of channels.</param>
    public static Moments Through(TransitionSource source, Tensor weight, Tensor? bias, long groups) =>
        weight.dtype == ScalarType.Float32
            ? CpuTransition<float>.Through(source, weight, bias, groups)
            : CpuTransition<double>.Through(source, weight, bias, groups);
}

/// <summary>The step for one element type.</summary>
internal static unsafe class CpuTransition<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public static Moments Through(TransitionSource source, Tensor weight, Tensor? bias, long groups)
    {
        source = source with { Mean = Contiguous(source.Mean), Variance = Contiguous(source.Variance) };
        var shape = new TransitionShape(source, weight, groups);
        Tensor mean, variance;
        using (no_grad())
        {
            mean = empty([shape.Rows, shape.Outputs], weight.dtype, weight.device);
            variance = empty([shape.Rows, shape.Outputs], weight.dtype, weight.device);
            Compute(source, shape, weight, bias, mean, variance);
        }

        Tensor[] inputs = bias is null
            ? [source.Mean, source.Variance, weight]
            : [source.Mean, source.Variance, weight, bias];
        if (!GraphNode.Records(inputs)) return new(mean, variance);

        var node = new TransitionNode<T>(shape, source.Emitted, source.Rectified);
        var outputs = node.Attach(inputs, [mean, variance], notDifferentiable: [], kept: []);
        return new(outputs[0], outputs[1]);
    }

    private static void Compute(
        TransitionSource source, TransitionShape shape, Tensor weight, Tensor? bias, Tensor mean, Tensor variance)
    {
        using var moments = TransitionInputs<T>.Of(source.Mean, source.Variance, source.Emitted, source.Rectified, shape);
        var weights = NativeTensor.Pointer<T>(weight);
        var biases = bias is null ? null : NativeTensor.Pointer<T>(bias);
        var means = NativeTensor.Pointer<T>(mean);
        var variances = NativeTensor.Pointer<T>(variance);
        Sharing.For((int)shape.Outputs, shape.Elements * shape.Rows, (from, to) =>
        {
            for (var o = from; o < to; o++)
            {
                var kernel = weights + o * shape.KernelLength;
                for (var row = 0; row < shape.Rows; row++)
                {
                    var (first, second) = moments.Dot(kernel, row, shape.GroupOf(o));
                    means[row * shape.Outputs + o] =
                        Narrow.To<T>(first + (biases is null ? 0 : double.CreateTruncating(biases[o])));
                    variances[row * shape.Outputs + o] = Narrow.To<T>(second);
                }
            }
        });
    }

    private static Tensor Contiguous(Tensor tensor) => tensor.is_contiguous() ? tensor : tensor.contiguous();
}

/// <summary>The sizes of a step.</summary>
internal readonly record struct TransitionShape(long Rows, long Inputs, long Outputs, long Groups, long Taps)
{
    public TransitionShape(TransitionSource source, Tensor weight, long groups)
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
