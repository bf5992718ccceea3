using System;
using static TorchSharp.torch;

namespace KnDsl.Samples.FashionMnist.Training;

/// <summary>How a network is trained; the same for all methods of a comparison.</summary>
/// <param name="Epochs">Passes through the training images.</param>
/// <param name="Batch">Images a step.</param>
/// <param name="LearningRate">The highest learning rate, reached at the end of the warm-up.</param>
/// <param name="Seed">Decides on the first weights and on the order of the images.</param>
/// <param name="Device">Where to compute.</param>
internal sealed record Settings(int Epochs, int Batch, double LearningRate, long Seed, Device Device)
{
    public const double Momentum = 0.9;

    /// <summary>On the weights of convolutions and linear layers only: biases and normalization are left free.</summary>
    public const double WeightDecay = 1e-4;

    private const int WarmUp = 50;

    /// <summary>Whether every epoch ends with a test, or only the last.</summary>
    public bool TestsEachEpoch { get; init; } = true;

    /// <summary>The steps of an epoch of so many images; the last one may have fewer than the others.</summary>
    public int StepsOfEpoch(int images) => (images + Batch - 1) / Batch;

    /// <summary>The learning rate of a step: it rises in a line, then falls to zero along half a cosine.</summary>
    /// <param name="step">From 0.</param>
    /// <param name="steps">All steps of the training.</param>
    public double LearningRateAt(int step, int steps)
    {
        // A training so short that the warm-up would fill it still comes down again.
        int warmUp = Math.Min(WarmUp, steps / 2);
        return step < warmUp
            ? LearningRate * (step + 1) / warmUp
            : LearningRate * (1 + Math.Cos(Math.PI * (step - warmUp) / (steps - warmUp))) / 2;
    }
}
