using System.Collections.Generic;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// The filter in compiled tensor operations, for every device, layout and type; statistics of 16-bit values are of 32 bits.
/// Where a variance is too large for 32, the work is done again in 64.
/// </summary>
internal static class CompiledFilter
{
    /// <inheritdoc cref="KalmanFilter.Normalize"/>
    public static Filtered Normalize(FilterArguments arguments, RunningAverages? averages)
    {
        var (outputs, means, variances, unbiased) =
            (new List<Tensor>(), new List<Tensor>(), new List<Tensor>(), new List<Tensor>());
        foreach (var part in arguments.Batches.Parts())
        {
            var result = Normalize(arguments, part);
            outputs.Add(result[0].view([part.Samples, .. arguments.Input.shape[1..]]));
            means.Add(result[1]);
            variances.Add(result[2]);
            unbiased.Add(result[3]);
        }

        averages?.Update(Rows(means), Rows(unbiased));
        return new(Rows(outputs), new(Rows(means), Rows(variances)));
    }

    private static Tensor[] Normalize(FilterArguments arguments, MicroBatches.Part part)
    {
        var x = part.View(arguments.Input);
        var weight = arguments.Weight;
        var prior = arguments.Prior?.Select(part.Rows);
        var gains = arguments.Gains.Learned?.Select(part.Rows) ?? Constant(arguments.Gains.Fixed, part.Size, weight);
        var use = arguments with { Input = x, Prior = prior, Gains = arguments.Gains with { Learned = gains } };

        Tensor[] result;
        using (no_grad()) result = Compute(use, part.Groups);
        var outputs = result[..4];
        var inputs = use.Differentiable();
        if (!GraphNode.Records(inputs)) return outputs;

        var node = new CompiledFilterNode(part.Groups, use.PriorRows, arguments.Settings);
        return node.Attach(inputs, outputs, notDifferentiable: [outputs[3]], kept: result[5..]);
    }

    private static Tensor[] Compute(FilterArguments arguments, long groups)
    {
        var type = Moments.TypeFor(arguments.Weight.dtype);
        var result = Compute(arguments, groups, type);
        if (result[4].item<bool>()) return result;

        FiniteValues.Check(arguments.Input, groups, arguments.Settings.IsOfGroups);
        result = Compute(arguments, groups, ScalarType.Float64);
        if (!result[4].item<bool>()) throw FiniteValues.TooLarge();
        var largest = finfo(type).max;
        for (var i = 1; i <= 3; i++) result[i] = result[i].clamp(-largest, largest).to(type);
        return result;
    }

    /// <summary>The filter with its arithmetic on statistics in a type.</summary>
    private static Tensor[] Compute(FilterArguments arguments, long groups, ScalarType type) => CompiledOperations.Forward(
        arguments.Input, arguments.Weight.to(type), arguments.Bias.to(type), arguments.Prior?.Select(tensor => tensor.to(type)),
        arguments.Gains.Learned!.Value.Select(tensor => tensor.to(type)), groups, arguments.Settings);

    private static Moments Constant(Gain gain, long samples, Tensor like) => new(
        full([1, 1], gain.Mean(samples), like.dtype, like.device),
        full([1, 1], gain.Variance(samples), like.dtype, like.device));

    private static Tensor Rows(List<Tensor> parts) => parts.Count == 1 ? parts[0] : cat(parts);
}
