using System;
using System.Numerics;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// The part of the chain between two normalization layers of most networks as one step: an emitted state or any moments, perhaps a ReLU,
/// and a convolution or linear layer. On a CPU in loops, on a CUDA device in kernels.
/// </summary>
internal static class FusedStep
{
    /// <summary>
    /// Whether the step can be made here: it is given addresses, and torch's own operations read what has another type or length, or say
    /// what is wrong with it.
    /// </summary>
    public static bool Supports(MomentSource source, Tensor weight, Tensor? bias) =>
        weight.dtype is ScalarType.Float32 or ScalarType.Float64 && weight.is_contiguous() && weight.numel() > 0
        && source.Mean.dtype == weight.dtype && source.Variance.dtype == weight.dtype
        && source.Variance.numel() == source.Mean.numel()
        && DevicePath.AreTogether(source.Mean, weight) && DevicePath.AreTogether(source.Variance, weight)
        && (bias is null
            || (bias.dtype == weight.dtype && bias.numel() == weight.size(0) && DevicePath.AreTogether(bias, weight)))
        && (DevicePath.IsTaken(weight)
            ? DeviceKernels.For(weight, weight.dtype) is not null
            : source.Form.SpreadOnDevice is null);

    /// <summary>The moments after a convolution or linear layer.</summary>
    /// <param name="source">The state before it.</param>
    /// <param name="weight">[out, in / groups, ...taps].</param>
    /// <param name="bias">[out], or null.</param>
    /// <param name="groups">Groups of channels.</param>
    /// <param name="seen">Where the taps meet the input; null means everywhere.</param>
    /// <returns>[rows, out] each.</returns>
    /// <exception cref="ArgumentException">State, weight and groups do not fit each other.</exception>
    public static (Tensor Mean, Tensor Variance) Pass(
        MomentSource source, Tensor weight, Tensor? bias, long groups, SeenTaps? seen)
    {
        var (mean, variance, _) = Pass(source, weight, bias, groups, seen, sharesWeight: false);
        return (mean, variance);
    }

    /// <summary>The moments, and the weight for the layer itself to use, so that its two gradients meet without a copy.</summary>
    /// <inheritdoc cref="Pass(MomentSource, Tensor, Tensor?, long, SeenTaps?)"/>
    public static (Tensor Mean, Tensor Variance, Tensor Weight) PassAndShareWeight(
        MomentSource source, Tensor weight, Tensor? bias, long groups, SeenTaps? seen) =>
        Pass(source, weight, bias, groups, seen, sharesWeight: true);

    private static (Tensor Mean, Tensor Variance, Tensor Weight) Pass(
        MomentSource source, Tensor weight, Tensor? bias, long groups, SeenTaps? seen, bool sharesWeight)
    {
        source = source with { Mean = Strides.Contiguous(source.Mean), Variance = Strides.Contiguous(source.Variance) };
        bias = bias is null ? null : Strides.Contiguous(bias);
        var shape = new FusedStepShape(source, weight, groups);
        shape.Check(weight, seen);
        return DevicePath.IsTaken(weight) ? CudaStep.Pass(shape, source, weight, bias, seen, sharesWeight)
            : weight.dtype == ScalarType.Float32 ? FusedStep<float>.Pass(shape, source, weight, bias, seen, sharesWeight)
            : FusedStep<double>.Pass(shape, source, weight, bias, seen, sharesWeight);
    }
}

/// <summary>The step for one element type.</summary>
internal static unsafe class FusedStep<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>The step; all tensors are contiguous and fit the shape.</summary>
    public static (Tensor Mean, Tensor Variance, Tensor Weight) Pass(
        FusedStepShape shape, MomentSource source, Tensor weight, Tensor? bias, SeenTaps? seen, bool sharesWeight)
    {
        Tensor mean, variance;
        Tensor? tapMeans;
        using (no_grad())
        {
            mean = empty([shape.Rows, shape.Outputs], weight.dtype, weight.device);
            variance = empty([shape.Rows, shape.Outputs], weight.dtype, weight.device);
            tapMeans = seen is null ? null : empty([shape.Rows, shape.Outputs, shape.Taps], weight.dtype, weight.device);
            Compute(source, shape, seen, weight, bias, mean, variance, tapMeans);
        }

        Tensor[] inputs = bias is null
            ? [source.Mean, source.Variance, weight]
            : [source.Mean, source.Variance, weight, bias];
        if (!GraphNode.Records(inputs))
        {
            tapMeans?.Dispose();
            return (mean, variance, weight);
        }

        Tensor[] outputs = sharesWeight ? [mean, variance, weight.detach()] : [mean, variance];
        outputs = new FusedStepNode<T>(shape, seen, source)
            .Attach(inputs, outputs, notDifferentiable: [], kept: tapMeans is null ? [] : [tapMeans]);
        return (outputs[0], outputs[1], sharesWeight ? outputs[2] : weight);
    }

    private static void Compute(
        MomentSource source, FusedStepShape shape, SeenTaps? seen, Tensor weight, Tensor? bias, Tensor mean,
        Tensor variance, Tensor? tapMeans)
    {
        using var moments = new FusedStepInputs<T>(source, shape, seen);
        var weights = NativeTensor.Pointer<T>(weight);
        var biases = bias is null ? null : NativeTensor.Pointer<T>(bias);
        var means = NativeTensor.Pointer<T>(mean);
        var variances = NativeTensor.Pointer<T>(variance);
        var perTap = tapMeans is null ? null : NativeTensor.Pointer<T>(tapMeans);
        ParallelLoop.Run((int)shape.Outputs, shape.Elements * shape.Rows, (from, to) =>
        {
            var sums = new double[seen is null ? 0 : shape.Taps];
            var turns = new Vector<T>[sums.Length];
            for (var o = from; o < to; o++)
            {
                var kernel = weights + o * shape.KernelLength;
                for (var row = 0; row < shape.Rows; row++)
                {
                    var at = row * shape.Outputs + o;
                    var (m, v) = seen is null
                        ? moments.Dot(kernel, row, shape.GroupOf(o))
                        : OverPositions(moments.Dot(kernel, row, shape.GroupOf(o), sums, turns), sums, seen);
                    means[at] = Saturate.To<T>(m + (biases is null ? 0 : double.CreateTruncating(biases[o])));
                    variances[at] = Saturate.To<T>(v);
                    for (var tap = 0; tap < sums.Length; tap++)
                        perTap[at * sums.Length + tap] = Saturate.To<T>(sums[tap]);
                }
            }
        });
        NativeTensor.Keep(source.Mean, source.Variance, weight, bias, mean, variance, tapMeans);
    }

    /// <summary>From the means that taps pass each and the variance within positions to mean and variance over all.</summary>
    private static (double Mean, double Variance) OverPositions(double within, ReadOnlySpan<double> perTap, SeenTaps seen)
    {
        var (mean, variance) = (0.0, within);
        for (var a = 0; a < perTap.Length; a++)
        {
            mean += seen.Shares[a] * perTap[a];
            variance += seen.CovarianceWith(a, perTap) * perTap[a];
        }

        return (mean, Math.Max(0, variance));
    }
}
