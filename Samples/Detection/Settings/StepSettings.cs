using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using KnDsl.Training;
using static TorchSharp.torch;

namespace KnDsl.Samples.Detection.Settings;

/// <summary>The settings of a training's steps: of what, how many, and by which optimizer. Each training has defaults of its own.</summary>
internal sealed record StepSettings
{
    [Description("Images per step in each process")]
    [Range(1, 4096)]
    public int Batch { get; init; } = 2;

    [Description("Batches whose gradients are averaged for one step")]
    [Range(1, 4096)]
    public int Accumulate { get; init; } = 1;

    [Description("Passes through the images")]
    [Range(1, 10_000)]
    public int Epochs { get; init; } = 12;

    [Description("The optimizer: sgd with momentum 0.9, or adamw")]
    public OptimizerKind Optimizer { get; init; } = OptimizerKind.Sgd;

    [Description("Steps of warm-up")]
    [Range(0, int.MaxValue)]
    public int WarmUp { get; init; }

    [Description("Weight decay, of weights only")]
    [Range(0, 1.0)]
    public double WeightDecay { get; init; } = 1e-4;

    [Description("The greatest norm of the gradient; without it there is no bound")]
    [Range(0, double.MaxValue, MinimumIsExclusive = true)]
    public double? ClipNorm { get; init; }

    /// <summary>How a trainer makes these steps.</summary>
    /// <param name="rate">The learning rate, for a step of so many images; that of a step of other size is in proportion.</param>
    /// <param name="run">How the training runs.</param>
    /// <param name="device">What it computes on.</param>
    /// <param name="processes">The processes that train together.</param>
    public TrainerSettings ForTrainer((double Rate, int Images) rate, RunSettings run, Device device, ProcessGroup processes) => new()
    {
        Epochs = Epochs,
        LearningRate = rate.Rate * Batch * Accumulate * processes.Size / rate.Images,
        Optimizer = parameters => Optimizer.Create(parameters, WeightDecay),
        Accumulate = Accumulate,
        ClipNorm = ClipNorm,
        Seed = run.Seed,
        ReportEvery = device.type == TorchSharp.DeviceType.CUDA ? 20 : 1,
        CheckpointEvery = run.CheckpointEvery,
    };
}
