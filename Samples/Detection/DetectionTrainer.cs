using System;
using KnDsl.Training;
using KnDsl.Vision;
using static TorchSharp.torch;

namespace KnDsl.Samples.Detection;

/// <summary>A trainer that counts the images of a batch.</summary>
internal sealed class DetectionTrainer(
    nn.Module network, Func<DetectionBatch, Tensor> loss, TrainerSettings settings, string? checkpoints, ProcessGroup processes)
    : Trainer<DetectionBatch>(network, loss, settings, checkpoints, processes)
{
    /// <inheritdoc/>
    protected override long SamplesOf(DetectionBatch batch) => batch.Sizes.Count;
}
