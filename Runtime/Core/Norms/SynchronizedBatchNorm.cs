using System;
using System.Collections.Generic;
using System.Linq;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>Batch normalization with the statistics of the batches of all processes: PyTorch's SyncBatchNorm.</summary>
internal static class SynchronizedBatchNorm
{
    /// <summary>Normalizes this process's batch, and updates the running averages by the statistics of all.</summary>
    /// <exception cref="NotFiniteNumberException">A value is not finite, in any of the processes.</exception>
    /// <exception cref="ArgumentException">All processes together have one value a channel.</exception>
    public static Tensor Normalize(
        Tensor input, Tensor weight, Tensor bias, double eps, RunningAverages averages, IStatisticExchange exchange)
    {
        using var scope = NewDisposeScope();
        var inputs = new[] { input, weight, bias };
        Tensor output, mean, inverse;
        double count;
        using (no_grad())
        {
            var x = Moments.Wide(input);
            (count, mean, var variance) = StatisticsOfAll(x, exchange);
            CheckFinite(input, mean, variance);
            if (count < 2)
            {
                throw new ArgumentException(
                    "Expected more than 1 value per channel in all processes when training without a prior, got a value of shape "
                    + $"[{string.Join(", ", input.shape)}] in this one and none in the others.");
            }

            var unbiased = new Moments(mean, variance * Held(count / (count - 1)));
            averages.Update(unbiased.Select(statistic => statistic.to(Moments.TypeFor(averages.Mean.dtype)).unsqueeze(0)));
            mean = OfChannels(mean, x);
            inverse = OfChannels(Sum(variance, eps).rsqrt(), x);
            output = Sum((x - mean) * (inverse * OfChannels(weight, x)), OfChannels(bias, x)).to(input.dtype);
        }

        return scope.MoveToOuter(GraphNode.Records(inputs)
            ? new Node(exchange, count).Attach(inputs, [output], [], [mean, inverse])[0]
            : output);
    }

    /// <summary>Count, mean and variance of each channel, [C] in float64.</summary>
    private static (double Count, Tensor Mean, Tensor Variance) StatisticsOfAll(Tensor x, IStatisticExchange exchange)
    {
        var channels = x.size(1);
        var own = x.mean(Others(x), keepdim: true);
        var squares = Square(x - own).sum(Others(x));
        // A row for each process: its count, its means, and its sums of squared deviations. Squares about a common mean would cancel.
        var rows = zeros([exchange.Size, 1 + 2 * channels], ScalarType.Float64, x.device);
        var count = full([1], Held(x.numel() / channels), ScalarType.Float64, x.device);
        rows[exchange.Rank].copy_(cat([count, own.flatten().to(ScalarType.Float64), squares.to(ScalarType.Float64)]));
        exchange.Sum(rows, "the statistics of a norm");
        var (counts, means) = (rows.narrow(1, 0, 1), rows.narrow(1, 1, channels));
        var total = counts.sum();
        var mean = (counts * means).sum([0]) / total;
        var variance = Sum(rows.narrow(1, 1 + channels, channels), counts * Square(means - mean)).sum([0]) / total;
        return (DevicePath.Read<double>(total), mean, variance);
    }

    /// <summary>All processes see the same statistics, and fail together.</summary>
    private static void CheckFinite(Tensor input, Tensor mean, Tensor variance)
    {
        if (DevicePath.Read<bool>(FiniteValues.AreAll(mean, variance)))
            return;
        FiniteValues.Check(input, 1);
        throw FiniteValues.Found("the batch of another process");
    }

    private static long[] Others(Tensor x) => [.. Enumerable.Range(0, (int)x.dim()).Where(dim => dim != 1).Select(dim => (long)dim)];

    private static Tensor OfChannels(Tensor statistic, Tensor like) =>
        statistic.detach().to(like.dtype).view([1, -1, .. Enumerable.Repeat(1L, (int)like.dim() - 2)]);

    /// <summary>A use in the autograd graph: a sample's gradient depends on the samples of all processes, too.</summary>
    private sealed class Node(IStatisticExchange exchange, double count) : GraphNode
    {
        protected override Tensor?[] Backward(Tensor?[] gradients, IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> kept)
        {
            var (x, weight, mean, inverse) = (Moments.Wide(inputs[0]), inputs[1], kept[0], kept[1]);
            var gradient = gradients[0] is { } given ? Moments.Wide(given) : zeros_like(x);
            var normalized = (x - mean) * inverse;
            var own = cat([gradient.sum(Others(x)), (gradient * normalized).sum(Others(x))]);
            var all = own.to(ScalarType.Float64, copy: true);
            exchange.Sum(all, "the gradients of a norm's statistics");
            var means = (all / Held(count)).chunk(2);
            var ofInput = (gradient - OfChannels(means[0], x) - normalized * OfChannels(means[1], x)) * (inverse * OfChannels(weight, x));
            // Those of the parameters are of this process's samples: they are averaged with all other gradients.
            var ofParameters = own.chunk(2);
            return [ofInput.to(inputs[0].dtype), ofParameters[1].to(weight.dtype), ofParameters[0].to(weight.dtype)];
        }
    }
}
