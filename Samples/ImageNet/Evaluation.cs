using System;
using System.Collections.Generic;
using KnDsl.Training;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl.Samples.ImageNet;

/// <summary>Counts how often the right class is the first, and how often it is among the first five.</summary>
internal static class Evaluation
{
    /// <summary>The shares of images that are classified wrongly, in percent: <c>top1</c> and <c>top5</c>, over all processes.</summary>
    /// <param name="network">The network, in inference mode.</param>
    /// <param name="loader">The images; each process has a part of them.</param>
    /// <param name="device">The network's device.</param>
    /// <param name="type">The type of its inputs.</param>
    /// <param name="processes">The processes that share the images.</param>
    /// <param name="answers">How often each class (rows) was answered by each (columns) is added to it; null if nobody asks.</param>
    public static Dictionary<string, double> Run(
        nn.Module<Tensor, Tensor> network, DataLoader<LabelledImage, ImageBatch> loader, Device device, ScalarType type,
        ProcessGroup processes, long[,]? answers = null)
    {
        using var counts = zeros(3, ScalarType.Float64, device);
        foreach (var batch in loader.Read(epoch: 0))
        {
            using var scope = NewDisposeScope();
            using (batch)
            {
                var labels = batch.Replaced.Without(batch.Labels.to(device)).unsqueeze(1);
                var scores = batch.Replaced.Without(network.call(batch.Images.to(type, device)));
                var best = scores.topk((int)Math.Min(5, scores.size(1)), 1).indexes;
                var first = best.eq(labels);
                counts.add_(stack([
                    first.narrow(1, 0, 1).sum(ScalarType.Float64), first.sum(ScalarType.Float64),
                    tensor((double)labels.size(0), device: device),
                ]), One);
                if (answers is not null)
                    Add(answers, labels, best);
            }
        }

        processes.AllReduce(counts, name: "the counts of an evaluation");
        var (top1, top5, all) = (counts[0].item<double>(), counts[1].item<double>(), counts[2].item<double>());
        return new() { ["top1"] = 100 * (1 - top1 / all), ["top5"] = 100 * (1 - top5 / all) };
    }

    private static void Add(long[,] answers, Tensor labels, Tensor best)
    {
        var rights = labels.cpu().data<long>();
        var given = best.narrow(1, 0, 1).contiguous().cpu().data<long>();
        for (var i = 0; i < rights.Count; i++)
            answers[rights[i], given[i]]++;
    }
}
