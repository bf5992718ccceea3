using System.Numerics;
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
    public static bool Serves(FilterArguments arguments)
    {
        var x = arguments.Input;
        var type = x.dtype;
        if (DevicePath.IsTaken(x) || type is not (ScalarType.Float32 or ScalarType.Float64) ||
            arguments.Weight.dtype != type || !x.is_contiguous())
        {
            return false;
        }

        var rows = x.size(0) * x.size(1);
        if (rows > MaxShortRows && x.numel() < rows * MinRowLength)
            return false;
        if (arguments.Prior is { } prior && (prior.Mean.dtype != type || prior.Variance.dtype != type))
            return false;
        return arguments.Gains.Learned is not { } learned || (learned.Mean.dtype == type && learned.Variance.dtype == type);
    }

    /// <inheritdoc cref="KalmanFilter.Normalize"/>
    public static FilterResult Normalize(FilterArguments arguments, RunningAverages? averages) =>
        arguments.Input.dtype == ScalarType.Float32
            ? CpuFilter<float>.Normalize(arguments, averages)
            : CpuFilter<double>.Normalize(arguments, averages);
}

/// <summary>The filter for one element type.</summary>
internal static unsafe class CpuFilter<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public static FilterResult Normalize(FilterArguments arguments, RunningAverages? averages)
    {
        var x = arguments.Input;
        var layout = new Layout(x.size(1), x.numel() / (x.size(0) * x.size(1)), arguments.Settings.GroupSize, arguments.Batches);
        var records = GraphNode.Records(arguments.Differentiable());
        var work = new CpuStatistics(layout, arguments.Settings);
        Tensor y, m, v;
        double spread;
        using (no_grad())
        {
            Observe(x, layout, work);
            CheckFinite(x, layout, work, arguments.Settings);
            spread = work.Filter<T>(arguments);
            if (averages is not null)
                Update(averages, layout, work);
            y = empty_like(x);
            Normalize(arguments, y, layout, work);
            (m, v) = (work.ToTensor<T>(work.M, x), work.ToTensor<T>(work.V, x));
        }

        if (!records)
        {
            work.Dispose();
            return new(y, new(m, v), new(spread));
        }

        var outputs = new CpuFilterNode<T>(layout, work, arguments.Prior?.Form)
            .Attach(arguments.Differentiable(), [y, m, v], notDifferentiable: [], kept: []);
        return new(outputs[0], new(outputs[1], outputs[2]), new(spread));
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
                    VectorKernels<T>.Observe(values + first + row * step, layout.RowLength, ref statistic);
                work.Mu[s] = statistic.Mean;
                work.Variance[s] = statistic.Variance;
            }
        });
    }

    private static void CheckFinite(Tensor x, Layout layout, CpuStatistics work, FilterSettings settings)
    {
        for (var s = 0; s < layout.Statistics; s++)
        {
            if (double.IsFinite(work.Mu[s]) && double.IsFinite(work.Variance[s]))
                continue;
            work.Dispose();
            throw DevicePath.Read<bool>(x.isfinite().all())
                ? FiniteValues.TooLarge()
                : FiniteValues.Found(s % layout.Groups, s / layout.Groups, settings.Place);
        }
    }

    private static void Normalize(FilterArguments arguments, Tensor y, Layout layout, CpuStatistics work)
    {
        var values = NativeTensor.Pointer<T>(arguments.Input);
        var weight = NativeTensor.Pointer<T>(arguments.Weight);
        var bias = NativeTensor.Pointer<T>(arguments.Bias);
        var results = NativeTensor.Pointer<T>(y);
        ParallelLoop.Run(layout.Statistics, y.numel(), (from, to) =>
        {
            for (var s = from; s < to; s++)
            {
                var (first, step, rows) = layout.Rows(s);
                var channel = layout.FirstChannel(s);
                for (var end = channel + layout.GroupSize; channel < end; channel++, first += layout.Positions)
                {
                    var scale = double.CreateTruncating(weight[channel]) * work.Reciprocal[s];
                    var shift = T.CreateTruncating(double.CreateTruncating(bias[channel]) - work.M[s] * scale);
                    for (var row = 0; row < rows; row++)
                    {
                        var at = first + row * step;
                        VectorKernels<T>.Affine(values + at, results + at, layout.Positions, T.CreateTruncating(scale), shift);
                    }
                }
            }
        });
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

        T Mix(T old, double value) => Saturate.To<T>(
            double.CreateTruncating(old) + averages.Momentum * (value - double.CreateTruncating(old)));
    }
}
