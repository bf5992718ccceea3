using System.Collections.Generic;
using System.Linq;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// The filter in compiled tensor operations, for every device, layout and type; statistics of 16-bit values are of 32 bits.
/// Where a variance is too large for 32, the work is done again in 64; on a device, which nobody asks, it is reported as not finite.
/// </summary>
internal static class CompiledFilter
{
    /// <inheritdoc cref="KalmanFilter.Normalize"/>
    public static FilterResult Normalize(FilterArguments arguments, RunningAverages? averages)
    {
        if (arguments.Settings.GroupSize > 1)
            return NormalizeGroups(arguments, averages);
        var (outputs, means, variances, averaged) =
            (new List<Tensor>(), new List<Tensor>(), new List<Tensor>(), new List<Moments>());
        double known = 0;
        Tensor? onDevice = null;
        arguments = WithLayerRatio(arguments);
        foreach (var part in arguments.Batches.Parts())
        {
            var (result, statistics) = Normalize(arguments, part);
            outputs.Add(result.Output.view([part.Samples, .. arguments.Input.shape[1..]]));
            means.Add(result.Statistics.Mean);
            variances.Add(result.Statistics.Variance);
            averaged.Add(statistics);
            var share = (double)part.Samples / arguments.Batches.Samples;
            known += result.Spread.Number * share;
            if (result.Spread.OnDevice is { } spread)
                onDevice = share == 1 ? spread : onDevice is null ? spread * Held(share) : Sum(onDevice, spread * Held(share));
        }

        // Not a number times 0 is none, and neither is infinity times 0.
        var finite = onDevice?.mul(Held(0)).eq(Held(0));
        if (finite is not null)
            arguments.Report?.Note(finite);
        if (averages is not null)
            Update(averages, arguments, averaged, finite);
        return new(
            MicroBatches.Join(outputs), new(MicroBatches.Join(means), MicroBatches.Join(variances)), new Spread(known, onDevice));
    }

    /// <summary>The authors' guard judges the layer: where the filter works on parts of it, they are given what is true of all.</summary>
    private static FilterArguments WithLayerRatio(FilterArguments arguments)
    {
        if (arguments.Prior is not { } prior || arguments.Settings.Guard != PriorGuard.Authors || arguments.Batches.Rest == 0)
            return arguments;
        using var noGrad = no_grad();
        var sums = arguments.Batches.Parts().Select(part => CompiledOperations.Excess(
            Strides.Settle(part.View(arguments.Input)), prior.Select(moments => moments.Select(part.Rows)), part.Count)).ToArray();
        return arguments with { LayerRatio = Sum(sums[0], sums[1]) / Held(arguments.Batches.Count * arguments.Input.size(1)) };
    }

    /// <summary>Groups are the channels of a value that is viewed so; the scale and shift of the layer's channels come after.</summary>
    private static FilterResult NormalizeGroups(FilterArguments arguments, RunningAverages? averages)
    {
        var (x, weight, size) = (arguments.Input, arguments.Weight, arguments.Settings.GroupSize);
        var groups = x.size(1) / size;
        var (normalized, statistics, spread) = Normalize(
            arguments with
            {
                Input = x.contiguous().view(x.size(0), groups, -1),
                Weight = weight.new_ones(groups),
                Bias = weight.new_zeros(groups),
                Prior = arguments.Prior?.Select(prior => prior.Mixed(prior.Channels / groups)),
                Settings = arguments.Settings with { GroupSize = 1 },
            }, averages);
        long[] shape = [1, x.size(1), .. x.shape[2..].Select(_ => 1L)];
        var output = addcmul(arguments.Bias.view(shape), normalized.view(x.shape), weight.view(shape), One).to(x.dtype);
        return new(output, statistics, spread);
    }

    private static void Update(RunningAverages averages, FilterArguments arguments, IReadOnlyList<Moments> parts, Tensor? finite)
    {
        if (arguments.Averaged != AveragedStatistics.Prior)
        {
            averages.Update(
                new(
                    MicroBatches.Join([.. parts.Select(part => part.Mean)]),
                    MicroBatches.Join([.. parts.Select(part => part.Variance)])),
                finite);
        }
        else if (arguments.Prior?.ToMoments() is { } prior)
        {
            var isFinite = FiniteValues.AreAll(prior.Mean, prior.Variance);
            if (finite is not null)
                averages.Update(prior, isFinite.logical_and(finite));
            else if (DevicePath.Read<bool>(isFinite))
                averages.Update(prior);
        }
    }

    private static (FilterResult Result, Moments Averaged) Normalize(FilterArguments arguments, MicroBatches.Part part)
    {
        var x = Strides.Settle(part.View(arguments.Input));
        var weight = arguments.Weight;
        var prior = arguments.Prior?.Select(moments => moments.Select(part.Rows));
        var gains = arguments.Gains.Learned?.Select(part.Rows) ?? Constant(arguments.Gains.Fixed, part.Size, weight);
        var use = arguments with { Input = x, Prior = prior, Gains = arguments.Gains with { Learned = gains } };

        Tensor[] result;
        Spread spread;
        using (no_grad())
            (result, spread) = Compute(use, part.Count);
        var outputs = result[..3];
        var inputs = use.Differentiable();
        if (GraphNode.Records(inputs))
        {
            outputs = new CompiledFilterNode(part.Count, use.PriorRows, arguments.Settings)
                .Attach(inputs, outputs, notDifferentiable: [], kept: result[6..]);
        }

        return (new(outputs[0], new(outputs[1], outputs[2]), spread), new(result[4], result[5]));
    }

    private static (Tensor[] Result, Spread Spread) Compute(FilterArguments arguments, long microBatches)
    {
        // The spread is not finite where a statistic is not.
        var type = Moments.TypeFor(arguments.Weight.dtype);
        var result = Compute(arguments, microBatches, type);
        if (DevicePath.IsTaken(arguments.Input))
            return (result, new(0, result[3]));
        var spread = DevicePath.Read<double>(result[3]);
        if (double.IsFinite(spread))
            return (result, new(spread));

        var refuses = arguments.Settings.RefusesNotFinite;
        if (refuses)
            FiniteValues.Check(arguments.Input, microBatches, arguments.Settings.Place);
        result = Compute(arguments, microBatches, ScalarType.Float64);
        spread = DevicePath.Read<double>(result[3]);
        if (refuses && !double.IsFinite(spread))
            throw FiniteValues.TooLarge();
        var largest = finfo(type).max;
        foreach (var statistic in new[] { 1, 2, 4, 5 })
            result[statistic] = result[statistic].clamp(Held(-largest), Held(largest)).to(type);
        return (result, new(spread));
    }

    /// <summary>The filter with its arithmetic on statistics in a type.</summary>
    private static Tensor[] Compute(FilterArguments arguments, long microBatches, ScalarType type)
    {
        var gains = arguments.Gains.Learned!.Value.Select(tensor => tensor.to(type));
        var typed = arguments with
        {
            Weight = arguments.Weight.to(type),
            Bias = arguments.Bias.to(type),
            Prior = arguments.Prior?.Select(moments => moments.Select(tensor => tensor.to(type))),
        };
        return CompiledOperations.Forward(typed, gains, microBatches);
    }

    /// <summary>Gains that are near 1 would be 1 in 16 bits, and the prior without effect.</summary>
    private static Moments Constant(Gain gain, long samples, Tensor like)
    {
        var type = Moments.TypeFor(like.dtype);
        return new(Full(gain.Mean(samples)), Full(gain.Variance(samples)));

        Tensor Full(double number) => full([1, 1], Held(number), type, like.device);
    }
}
