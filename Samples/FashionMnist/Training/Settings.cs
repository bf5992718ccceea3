using KnDsl.Training;
using static TorchSharp.torch;

namespace KnDsl.Samples.FashionMnist.Training;

/// <summary>How a network is trained; the same for all methods of a comparison.</summary>
/// <param name="Epochs">Passes through the training images.</param>
/// <param name="Batch">Images per step.</param>
/// <param name="LearningRate">The highest learning rate, reached at the end of the warm-up.</param>
/// <param name="Seed">Determines the first weights and the order of the images.</param>
/// <param name="Device">The device to compute on.</param>
internal sealed record Settings(int Epochs, int Batch, double LearningRate, long Seed, Device Device)
{
    /// <summary>The momentum of stochastic gradient descent.</summary>
    public const double Momentum = 0.9;

    /// <summary>Applied to the weights of convolutions and linear layers only, not to biases and normalization.</summary>
    public const double WeightDecay = 1e-4;

    /// <summary>The steps of the warm-up.</summary>
    public int WarmUp { get; init; } = 50;

    /// <summary>Whether every epoch ends with a test, or only the last one.</summary>
    public bool TestsEachEpoch { get; init; } = true;

    /// <summary>The steps of an epoch; the last step may have fewer images than the others.</summary>
    public int StepsPerEpoch(int images) => (images + Batch - 1) / Batch;

    /// <summary>The same for the trainer. The rate rises linearly, then falls to zero along half a cosine.</summary>
    public TrainerSettings ForTrainer() => new()
    {
        Epochs = Epochs,
        LearningRate = LearningRate,
        Schedule = LearningRateSchedule.Cosine().WarmUp(WarmUp),
        Optimizer = parameters => Optimizers.Sgd(parameters, Momentum, WeightDecay),
        Seed = Seed,
    };
}
