using System.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// The filter on a CPU, for contiguous values of 32 and 64 bits: passes over memory in vector instructions, the arithmetic on
/// statistics in double, micro-batches by index. No native kernel is called: for small values a call costs more than the work.
/// </summary>
internal static class CpuFilter
{
    // Many rows shorter than a vector or two are faster in native kernels, which go across channels; a few are done here in
    // less time than the call of a kernel takes.
    private const long MinRowLength = 8;
    private const long MaxShortRows = 1 << 14;

    /// <summary>Whether the filter can work on these arguments.</summary>
    public static bool Serves(FilterArguments arguments, RunningAverages? averages)
    {
        if (!Serves(arguments.Input, arguments.Weight, arguments.Bias))
            return false;
        var (type, groups) = (arguments.Input.dtype, arguments.Input.size(1) / arguments.Settings.GroupSize);
        if (arguments.Prior is { } prior && !(IsReadable(prior.Mean, type) && IsReadable(prior.Variance, type, prior.Mean.numel())))
            return false;
        if (arguments.Gains.Learned is { } learned && !(IsReadable(learned.Mean, type) && IsReadable(learned.Variance, type)))
            return false;
        return averages is null
            || (IsReadable(averages.Mean, type, groups) && IsReadable(averages.Variance, type, groups)
                && IsReadable(averages.Count, ScalarType.Int64, 1));
    }

    /// <summary>Whether there are loops for a value of a layer.</summary>
    public static bool Serves(Tensor x, Tensor weight, Tensor bias)
    {
        var type = x.dtype;
        if (DevicePath.IsTaken(x) || !x.is_contiguous() || type is not (ScalarType.Float32 or ScalarType.Float64))
            return false;
        var channels = x.size(1);
        if (!IsReadable(weight, type, channels) || !IsReadable(bias, type, channels))
            return false;
        var rows = x.size(0) * channels;
        return rows <= MaxShortRows || x.numel() >= rows * MinRowLength;
    }

    /// <summary>
    /// Whether loops can read a tensor as one of a type and a length. They are given addresses: torch's own operations read what has
    /// another type or layout, and say what is wrong with what is elsewhere or of another length.
    /// </summary>
    public static bool IsReadable(Tensor tensor, ScalarType type, long length) => tensor.numel() == length && IsReadable(tensor, type);

    private static bool IsReadable(Tensor tensor, ScalarType type) =>
        tensor.dtype == type && tensor.device_type == DeviceType.CPU && tensor.is_contiguous();

    /// <inheritdoc cref="KalmanFilter.Normalize"/>
    public static FilterResult Normalize(FilterArguments arguments, RunningAverages? averages)
    {
        if (!Fuses(arguments.Epilogue, arguments.Input))
        {
            var result = Normalize(arguments with { Epilogue = default }, averages);
            return result with { Output = arguments.Epilogue.Of(result.Output) };
        }

        return arguments.Input.dtype == ScalarType.Float32
            ? CpuFilter<float>.Normalize(arguments, averages)
            : CpuFilter<double>.Normalize(arguments, averages);
    }

    /// <summary>Whether the passes over a value can do what comes after them.</summary>
    public static bool Fuses(Epilogue epilogue, Tensor x) => RowPasses<float>.Of(epilogue.Activation) is not null && epilogue.IsOneWith(x);
}

/// <summary>The filter for one element type.</summary>
internal static unsafe class CpuFilter<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public static FilterResult Normalize(FilterArguments arguments, RunningAverages? averages)
    {
        var x = arguments.Input;
        var layout = new Layout(x.size(1), x.numel() / (x.size(0) * x.size(1)), arguments.Settings.GroupSize, arguments.Batches);
        var inputs = arguments.Differentiable();
        var records = GraphNode.Records(inputs);
        var work = new CpuStatistics(layout, arguments.Settings);
        Tensor[] outputs;
        double spread;
        using (no_grad())
        {
            Observe(x, layout, work);
            CheckFinite(x, layout, work, arguments.Settings);
            spread = work.Filter<T>(arguments);
            if (averages is not null)
                Update(averages, layout, work);
            var y = empty_like(x);
            Write(y, x, arguments.Weight, arguments.Bias, arguments.Epilogue, layout, work);
            outputs = arguments.EmitsStatistics ? [y, work.ToTensor<T>(work.M, x), work.ToTensor<T>(work.V, x)] : [y];
        }

        BlockTape.Recording?.Add(new CpuRecordedNorm<T>(layout, work.Shared(), arguments, records));
        if (records)
        {
            var node = new CpuFilterNode<T>(layout, work, arguments);
            outputs = node.Attach(
                inputs, outputs, notDifferentiable: [], kept: [], inputs.Length - (arguments.Epilogue.Addend is null ? 0 : 1),
                node.NeedsOutput);
            // What a sum adds is not kept; in a block that is computed again the whole block gives its values up.
            if (arguments.Epilogue is { Recomputes: true, Addend: null } && BlockTape.Current is null)
                node.Recomputation = Recomputation.For(outputs[0], node.ComputeAgain);
        }
        else
        {
            work.Dispose();
        }

        return new(outputs[0], outputs is [_, var m, var v] ? new(m, v) : default, new(spread));
    }

    private static void Observe(Tensor x, Layout layout, CpuStatistics work)
    {
        var values = NativeTensor.Pointer<T>(x);
        ParallelLoop.Run(layout.Statistics, x.numel(), (from, to) =>
        {
            for (var s = from; s < to; s++)
            {
                var (first, step, rows) = layout.Rows(s);
                var statistic = default(Statistic);
                for (var row = 0; row < rows; row++)
                    RowStatistics<T>.Observe(values + first + row * step, layout.RowLength, ref statistic);
                work.Mu[s] = statistic.Mean;
                work.Variance[s] = statistic.Variance;
            }
        });
        NativeTensor.Keep(x);
    }

    private static void CheckFinite(Tensor x, Layout layout, CpuStatistics work, FilterSettings settings)
    {
        for (var s = 0; settings.RefusesNotFinite && s < layout.Statistics; s++)
        {
            if (double.IsFinite(work.Mu[s]) && double.IsFinite(work.Variance[s]))
                continue;
            work.Dispose();
            throw DevicePath.Read<bool>(x.isfinite().all())
                ? FiniteValues.TooLarge()
                : FiniteValues.Found(s % layout.Groups, s / layout.Groups, settings.Place);
        }
    }

    /// <summary>Writes the normalized value, and what the epilogue makes of it.</summary>
    public static void Write(
        Tensor y, Tensor x, Tensor weights, Tensor biases, Epilogue epilogue, Layout layout, CpuStatistics work)
    {
        var values = NativeTensor.Pointer<T>(x);
        var weight = NativeTensor.Pointer<T>(weights);
        var bias = NativeTensor.Pointer<T>(biases);
        var results = NativeTensor.Pointer<T>(y);
        var addend = epilogue.Addend is { } added ? NativeTensor.Pointer<T>(added) : null;
        var passes = RowPasses<T>.Of(epilogue.Activation)!;
        ParallelLoop.Run(layout.Statistics, y.numel(), (from, to) =>
        {
            for (var s = from; s < to; s++)
            {
                var (first, step, rows) = layout.Rows(s);
                var channel = layout.FirstChannel(s);
                for (var end = channel + layout.GroupSize; channel < end; channel++, first += layout.Positions)
                {
                    var (scale, shift) = work.ScaleAndShift(s, weight[channel], bias[channel]);
                    for (var row = 0; row < rows; row++)
                    {
                        var at = first + row * step;
                        if (addend is null)
                            passes.Affine(values + at, results + at, layout.Positions, scale, shift);
                        else
                            passes.AffineAndAdd(values + at, addend + at, results + at, layout.Positions, scale, shift);
                    }
                }
            }
        });
        NativeTensor.Keep(x, y, weights, biases, epilogue.Addend);
    }

    private static void Update(RunningAverages averages, Layout layout, CpuStatistics work)
    {
        if (!work.IsAveragedFinite())
            return;
        var means = NativeTensor.Pointer<T>(averages.Mean);
        var variances = NativeTensor.Pointer<T>(averages.Variance);
        ++*NativeTensor.Pointer<long>(averages.Count);
        for (var c = 0; c < layout.Groups; c++)
        {
            double mean = 0, variance = 0;
            for (var s = c; s < layout.Statistics; s += (int)layout.Groups)
            {
                mean += work.AveragedMean[s];
                variance += work.AveragedVariance[s];
            }

            means[c] = Mix(means[c], mean / layout.Batches.Count);
            variances[c] = Mix(variances[c], variance / layout.Batches.Count);
        }

        NativeTensor.Keep(averages.Mean, averages.Variance, averages.Count);

        T Mix(T old, double value) => Saturate.To<T>(
            double.CreateTruncating(old) + averages.Momentum * (value - double.CreateTruncating(old)));
    }
}
