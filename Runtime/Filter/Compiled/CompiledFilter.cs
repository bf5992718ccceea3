using System;
using System.Collections.Generic;
using System.Linq;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// The filter in compiled tensor operations, for every device, layout and type; statistics of 16-bit values are of 32 bits.
/// </summary>
internal static class CompiledFilter
{
    /// <inheritdoc cref="KalmanFilter.Normalize"/>
    public static Filtered Normalize(FilterArguments arguments, RunningAverages? averages)
    {
        var (outputs, means, variances, averaged) =
            (new List<Tensor>(), new List<Tensor>(), new List<Tensor>(), new List<Moments>());
        foreach (var part in arguments.Batches.Parts())
        {
            var (result, statistics) = Normalize(arguments, part);
            outputs.Add(result.Output.view([part.Samples, .. arguments.Input.shape[1..]]));
            means.Add(result.Statistics.Mean);
            variances.Add(result.Statistics.Variance);
            averaged.Add(statistics);
        }

        averages?.Update(new(Rows([.. averaged.Select(part => part.Mean)]), Rows([.. averaged.Select(part => part.Variance)])));
        return new(Rows(outputs), new(Rows(means), Rows(variances)));
    }

    private static (Filtered Result, Moments Averaged) Normalize(FilterArguments arguments, MicroBatches.Part part)
    {
        var x = part.View(arguments.Input);
        var weight = arguments.Weight;
        var prior = arguments.Prior?.Select(part.Rows);
        var gains = arguments.Gains.Learned?.Select(part.Rows) ?? Constant(arguments.Gains.Fixed, part.Size, weight);
        var use = arguments with { Input = x, Prior = prior, Gains = arguments.Gains with { Learned = gains } };

        Tensor[] result;
        using (no_grad()) result = CompiledOperations.Forward(use, gains, part.Groups);
        CheckFinite(result[3]);

        var outputs = result[..3];
        var inputs = use.Differentiable();
        if (GraphNode.Records(inputs))
            outputs = new CompiledFilterNode(part.Groups, use.PriorRows, arguments.Settings)
                .Attach(inputs, outputs, notDifferentiable: [], kept: result[6..]);
        return (new(outputs[0], new(outputs[1], outputs[2])), new(result[4], result[5]));
    }

    private static Moments Constant(Gain gain, long samples, Tensor like) => new(
        full([1, 1], gain.Mean(samples), like.dtype, like.device),
        full([1, 1], gain.Variance(samples), like.dtype, like.device));

    private static void CheckFinite(Tensor finite)
    {
        if (!finite.item<bool>())
            throw new NotFiniteNumberException("A value to be normalized is not finite. Nothing was updated.");
    }

    private static Tensor Rows(IReadOnlyList<Tensor> parts) => parts.Count == 1 ? parts[0] : cat([.. parts]);
}
