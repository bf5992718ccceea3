using KnDsl.Training;
using static TorchSharp.torch;

namespace KnDsl.Samples.Detection.Segmentation;

/// <summary>Classifies the pixels of images and compares them with what they are.</summary>
internal static class SegmentationEvaluation
{
    /// <summary>The figures of images, over all processes.</summary>
    /// <param name="network">The network, in inference mode.</param>
    /// <param name="loader">The images; each process has a part of them.</param>
    /// <param name="classes">The network's classes.</param>
    /// <param name="device">The network's device.</param>
    /// <param name="processes">The processes that share the images.</param>
    public static SegmentationFigures Run(
        SegmentationNetwork network, DataLoader<SegmentationItem, SegmentationBatch> loader, int classes, Device device,
        ProcessGroup processes)
    {
        using var matrix = new ConfusionMatrix(classes, device);
        foreach (var batch in loader.Read(epoch: 0))
        {
            using var scope = NewDisposeScope();
            using (batch)
            {
                var given = network.Scores(batch.Images.to(device)).argmax(1);
                matrix.Add(batch.Replaced.Without(batch.Labels.to(device)), batch.Replaced.Without(given));
            }
        }
        matrix.Reduce(processes);
        return matrix.Compute();
    }
}
