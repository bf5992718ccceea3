using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Samples.FashionMnist.Data;
using KnDsl.Training;
using static TorchSharp.torch;

namespace KnDsl.Samples.FashionMnist.Training;

/// <summary>The images in a new order every epoch. The last batch of an epoch may have fewer than the others.</summary>
/// <remarks>TensorBatches of the library have another order; the figures that are published are of this one.</remarks>
internal sealed class ShuffledBatches(TensorSet images, Settings settings) : IBatches<(Tensor Images, Tensor Labels)>
{
    public long Count => settings.StepsPerEpoch(images.Count);

    public IEnumerable<(Tensor Images, Tensor Labels)> Read(int epoch, long first = 0)
    {
        var random = new Random(unchecked((int)settings.Seed));
        long[] order = [.. Enumerable.Range(0, images.Count).Select(i => (long)i)];
        // Every order is a shuffle of the one before it.
        for (var i = 0; i <= epoch; i++)
            random.Shuffle(order);
        for (var start = (int)first * settings.Batch; start < order.Length; start += settings.Batch)
            yield return images.Batch(order[start..Math.Min(start + settings.Batch, order.Length)]);
    }
}
