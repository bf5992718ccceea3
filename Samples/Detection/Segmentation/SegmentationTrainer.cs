using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Training;
using TorchSharp.Modules;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl.Samples.Detection.Segmentation;

/// <summary>A trainer whose auxiliary head has a rate of its own: ten times that of the rest in torchvision's reference.</summary>
internal sealed class SegmentationTrainer : Trainer<SegmentationBatch>
{
    private readonly double auxiliaryRate;
    private readonly Parameter[] auxiliary;

    /// <summary>Prepares a training.</summary>
    /// <param name="network">The network.</param>
    /// <param name="device">Its device.</param>
    /// <param name="auxiliaryRate">The rate of the auxiliary head, to that of the rest.</param>
    /// <param name="settings">How to train.</param>
    /// <param name="checkpoints">The folder of checkpoints; null writes none.</param>
    /// <param name="processes">The processes that train together.</param>
    public SegmentationTrainer(
        SegmentationNetwork network, Device device, double auxiliaryRate, TrainerSettings settings, string? checkpoints,
        ProcessGroup processes)
        : base(network.Module, batch => network.Loss(
            batch.Images.to(device, non_blocking: true), batch.Labels.to(device, non_blocking: true)), settings, checkpoints, processes)
    {
        this.auxiliaryRate = auxiliaryRate;
        auxiliary =
        [
            .. network.Module.named_parameters()
                .Where(entry => entry.name.StartsWith("aux_classifier.", StringComparison.Ordinal)).Select(entry => entry.parameter),
        ];
    }

    /// <inheritdoc/>
    protected override long SamplesOf(SegmentationBatch batch) => batch.Images.size(0);

    /// <inheritdoc/>
    protected override StepResult Step(IEnumerable<SegmentationBatch> batches, int count, double learningRate, bool readsLoss)
    {
        using var scope = NewDisposeScope();
        var before = Array.ConvertAll(auxiliary, parameter => parameter.detach().clone());
        var result = base.Step(batches, count, learningRate, readsLoss);
        // A step is in proportion to the rate: of SGD with momentum and weight decay, and of AdamW.
        using var noGrad = no_grad();
        foreach (var (parameter, old) in auxiliary.Zip(before))
            parameter.add_(parameter - old, alpha: Held(auxiliaryRate - 1));
        return result;
    }
}
