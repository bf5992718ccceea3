using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// The filter on a CUDA device: three kernels of our own forward and three backward, statistics in double, micro-batches by index. The host
/// waits for none of them. Values in another layout than the contiguous one are copied to it, and back.
/// </summary>
internal static class CudaFilter
{
    /// <summary>Whether there are kernels for these arguments.</summary>
    public static bool Serves(FilterArguments arguments, RunningAverages? averages)
    {
        var (x, type) = (arguments.Input, arguments.Weight.dtype);
        if (!DevicePath.IsTaken(x) || !DeviceKernels.Take(x.dtype, type) || arguments.Settings.Guard != PriorGuard.OfMicroBatch)
            return false;
        var (channels, groups) = (x.size(1), x.size(1) / arguments.Settings.GroupSize);
        if (x.numel() is 0 or > int.MaxValue || !IsReadable(arguments.Weight, channels) || !IsReadable(arguments.Bias, channels))
            return false;
        if (arguments.Prior is { } prior && !AreReadable(new(prior.Mean, prior.Variance), prior.Mean.numel()))
            return false;
        if (arguments.Gains.Learned is { } learned && !AreReadable(learned, learned.Mean.numel()))
            return false;
        if (averages is not null && !(AreReadable(new(averages.Mean, averages.Variance), groups)
            && averages.Count.dtype == ScalarType.Int64 && DevicePath.AreTogether(averages.Count, x)))
        {
            return false;
        }

        return DeviceKernels.For(x, type) is not null;

        bool AreReadable(Moments both, long length) => IsReadable(both.Mean, length) && IsReadable(both.Variance, length);

        // A kernel is given addresses: torch's own operations say what is wrong with a tensor that is elsewhere or of another length.
        bool IsReadable(Tensor tensor, long length) =>
            tensor.dtype == type && tensor.numel() == length && tensor.is_contiguous() && DevicePath.AreTogether(tensor, x);
    }

    /// <inheritdoc cref="KalmanFilter.Normalize"/>
    public static FilterResult Normalize(FilterArguments arguments, RunningAverages? averages)
    {
        if (!arguments.Epilogue.IsOneWith(arguments.Input))
        {
            var result = Normalize(arguments with { Epilogue = default }, averages);
            return result with { Output = arguments.Epilogue.Of(result.Output) };
        }

        if (!arguments.Input.is_contiguous())
        {
            var result = Normalize(arguments with { Input = arguments.Input.contiguous() }, averages);
            return Strides.AreChannelsLast(arguments.Input) ? result with { Output = Strides.ToChannelsLast(result.Output) } : result;
        }

        var (x, type) = (arguments.Input, arguments.Weight.dtype);
        var kernels = DeviceKernels.For(x, type)!;
        var layout = new Layout(x.size(1), x.numel() / (x.size(0) * x.size(1)), arguments.Settings.GroupSize, arguments.Batches);
        var parameters = new FilterParameters(arguments, layout, kernels.Threads);
        Tensor[] outputs;
        Tensor work;
        Tensor? spread;
        using (no_grad())
        {
            work = empty(parameters.WorkLength(layout), ScalarType.Float64, x.device);
            spread = arguments.EmitsStatistics ? empty([], ScalarType.Float64, x.device) : null;
            long[] statistics = [layout.Batches.Count, layout.Groups];
            outputs = arguments.EmitsStatistics
                ? [empty_like(x), empty(statistics, type, x.device), empty(statistics, type, x.device)] : [empty_like(x)];
            parameters.Work = NativeTensor.Address(work);
            parameters.Spread = NativeTensor.Address(spread);
            parameters.Y = NativeTensor.Address(outputs[0]);
            if (outputs is [_, var m, var v])
                (parameters.M, parameters.V) = (NativeTensor.Address(m), NativeTensor.Address(v));
            parameters.Found = NativeTensor.Address(arguments.Report?.Flag(x.device));
            if (averages is not null)
            {
                parameters.RunningMean = NativeTensor.Address(averages.Mean);
                parameters.RunningVariance = NativeTensor.Address(averages.Variance);
                (parameters.RunningCount, parameters.Momentum) = (NativeTensor.Address(averages.Count), averages.Momentum);
            }

            var blocks = Blocks(layout.Statistics, kernels.Threads / parameters.Lanes);
            kernels.Launch("observe", x.dtype, type, (blocks, parameters.Splits, 1), parameters);
            kernels.Launch("filter_statistics", x.dtype, type, (layout.Batches.Count, 1, 1), parameters);
            kernels.Launch("write_output", x.dtype, type, kernels.Over(x.numel() / parameters.TogetherInRow), parameters);
            NativeTensor.Keep(work, averages?.Mean, averages?.Variance, averages?.Count);
        }

        var inputs = arguments.Differentiable();
        if (GraphNode.Records(inputs))
        {
            var node = new CudaFilterNode(kernels, layout, parameters, arguments);
            outputs = node.Attach(
                inputs, outputs, notDifferentiable: [],
                kept: arguments.Prior?.Form.SpreadOnDevice is { } ofPrior ? [work, ofPrior.alias()] : [work],
                saved: inputs.Length - (arguments.Epilogue.Addend is null ? 0 : 1), savesFirstOutput: node.NeedsOutput);
        }

        return new(outputs[0], outputs is [_, var mean, var variance] ? new(mean, variance) : default, new(0, spread));
    }

    /// <summary>Blocks for many of which each block takes some.</summary>
    internal static long Blocks(long count, long ofBlock) => (count + ofBlock - 1) / ofBlock;
}
