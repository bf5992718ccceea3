using System;
using System.Collections.Generic;
using KnDsl.Samples.Detection.Settings;
using KnDsl.Training;
using static TorchSharp.torch;

namespace KnDsl.Samples.Detection.Segmentation;

/// <summary>What settings mean: network, frozen parts, transforms, schedule.</summary>
internal static class SegmentationRecipe
{
    /// <summary>A network with first weights of a seed.</summary>
    public static SegmentationNetwork Network(
        SegmentationSettings settings, int classes, Device device, long seed = 1, int? microbatch = null)
    {
        manual_seed(seed);
        var policy = settings.Norm.ToPolicy(microbatch, SegmentationNetwork.GroupsOf(settings.Backbone));
        return SegmentationNetwork.Create(settings.Network, settings.Backbone, classes, policy, device);
    }

    /// <summary>The names of the norms that are not trained: where they are frozen, those of the backbone.</summary>
    public static IReadOnlyList<string> Frozen(SegmentTrainSettings settings, nn.Module network) =>
        [.. settings.Norm.FrozenIn(network, "backbone.")];

    /// <summary>What is done with an image of the training: a part of it in a random scale, perhaps reversed.</summary>
    public static Func<SegmentationItem, ItemRandom, SegmentationItem> Augmented(SegmentTrainSettings settings)
    {
        var least = Math.Max(1, (int)(settings.LeastScale * settings.ShortSide));
        var most = Math.Max(least, (int)(settings.MostScale * settings.ShortSide));
        return (item, random) =>
        {
            item = item.Resized(least + (int)random.NextInteger(most - least + 1), random);
            if (random.NextBool(settings.Flip))
                item = item.Flipped(random);
            var (height, width) = (item.Image.Height, item.Image.Width);
            return item.Cropped(Start(height), Start(width), settings.Crop);

            int Start(int length) => length <= settings.Crop ? 0 : (int)random.NextInteger(length - settings.Crop + 1);
        };
    }

    /// <summary>What is done with an image that is evaluated.</summary>
    public static Func<SegmentationItem, ItemRandom, SegmentationItem> Resized(SegmentationSettings settings) =>
        (item, random) => item.Resized(settings.ShortSide, random);
}
