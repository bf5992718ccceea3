using System;
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
    /// <param name="seen">Where the taps meet the input; null is everywhere.</param>
    public static Moments Through(TransitionSource source, Tensor weight, Tensor? bias, long groups, SeenTaps? seen) =>
        Through(source, weight, bias, groups, seen, sharesWeight: false).Moments;

    /// <summary>The moments, and the weight for the layer itself to use, so that both gradients meet without a copy.</summary>
    /// <inheritdoc cref="Through(TransitionSource, Tensor, Tensor?, long, SeenTaps?)"/>
    public static (Moments Moments, Tensor Weight) ThroughSharing(
        TransitionSource source, Tensor weight, Tensor? bias, long groups, SeenTaps? seen) =>
        Through(source, weight, bias, groups, seen, sharesWeight: true);

    private static (Moments Moments, Tensor Weight) Through(
        TransitionSource source, Tensor weight, Tensor? bias, long groups, SeenTaps? seen, bool sharesWeight) =>
        weight.dtype == ScalarType.Float32
            ? CpuTransition<float>.Through(source, weight, bias, groups, seen, sharesWeight)
            : CpuTransition<double>.Through(source, weight, bias, groups, seen, sharesWeight);
}

/// <summary>The step for one element type.</summary>
internal static unsafe class CpuTransition<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public static (Moments Moments, Tensor Weight) Through(
        TransitionSource source, Tensor weight, Tensor? bias, long groups, SeenTaps? seen, bool sharesWeight)
    {
        source = source with { Mean = Contiguous(source.Mean), Variance = Contiguous(source.Variance) };
        var shape = new TransitionShape(source, weight, groups);
        Tensor mean, variance;
        Tensor? tapMeans;
        using (no_grad())
        {
            mean = empty([shape.Rows, shape.Outputs], weight.dtype, weight.device);
            variance = empty([shape.Rows, shape.Outputs], weight.dtype, weight.device);
            tapMeans = seen is null ? null : empty([shape.Rows, shape.Outputs, shape.Taps], weight.dtype, weight.device);
            Compute(source, shape, seen, weight, bias, new(mean, variance), tapMeans);
        }

        Tensor[] inputs = bias is null
            ? [source.Mean, source.Variance, weight]
            : [source.Mean, source.Variance, weight, bias];
        if (!GraphNode.Records(inputs))
        {
            tapMeans?.Dispose();
            return (new(mean, variance), weight);
        }

        Tensor[] outputs = sharesWeight ? [mean, variance, weight.detach()] : [mean, variance];
        outputs = new TransitionNode<T>(shape, seen, source)
            .Attach(inputs, outputs, notDifferentiable: [], kept: tapMeans is null ? [] : [tapMeans]);
        return (new(outputs[0], outputs[1]), sharesWeight ? outputs[2] : weight);
    }

    private static void Compute(
        TransitionSource source, TransitionShape shape, SeenTaps? seen, Tensor weight, Tensor? bias, Moments result,
        Tensor? tapMeans)
    {
        using var moments = TransitionInputs<T>.Of(source, shape, seen);
        var weights = NativeTensor.Pointer<T>(weight);
        var biases = bias is null ? null : NativeTensor.Pointer<T>(bias);
        var means = NativeTensor.Pointer<T>(result.Mean);
        var variances = NativeTensor.Pointer<T>(result.Variance);
        var perTap = tapMeans is null ? null : NativeTensor.Pointer<T>(tapMeans);
        Sharing.For((int)shape.Outputs, shape.Elements * shape.Rows, (from, to) =>
        {
            var sums = new double[seen is null ? 0 : shape.Taps];
            for (var o = from; o < to; o++)
            {
                var kernel = weights + o * shape.KernelLength;
                for (var row = 0; row < shape.Rows; row++)
                {
                    var at = row * shape.Outputs + o;
                    var (mean, variance) = seen is null
                        ? moments.Dot(kernel, row, shape.GroupOf(o))
                        : OfPositions(moments.Dot(kernel, row, shape.GroupOf(o), sums), sums, seen);
                    means[at] = Narrow.To<T>(mean + (biases is null ? 0 : double.CreateTruncating(biases[o])));
                    variances[at] = Narrow.To<T>(variance);
                    for (var tap = 0; tap < sums.Length; tap++) perTap[at * sums.Length + tap] = Narrow.To<T>(sums[tap]);
                }
            }
        });
    }

    /// <summary>From the means that taps pass each and the variance within positions to mean and variance over all.</summary>
    private static (double Mean, double Variance) OfPositions(double within, ReadOnlySpan<double> perTap, SeenTaps seen)
    {
        var (mean, variance) = (0.0, within);
        for (var a = 0; a < perTap.Length; a++)
        {
            mean += seen.Shares[a] * perTap[a];
            variance += seen.CovarianceWith(a, perTap) * perTap[a];
        }

        return (mean, Math.Max(0, variance));
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
