using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Samples.FashionMnist.Data;
using KnDsl.Training;
using static TorchSharp.torch;

namespace KnDsl.Samples.FashionMnist.Training;

/// <summary>Trains a network with a method, and tests it after every epoch or after the last one.</summary>
/// <param name="training">Images to learn from.</param>
/// <param name="test">Images to count errors on.</param>
/// <param name="settings">How to train, the same for all methods: first weights, order of images, schedule.</param>
internal sealed class MethodTraining(TensorSet training, TensorSet test, Settings settings)
{
    private const int TestBatch = 500;

    /// <summary>Trains one network.</summary>
    /// <param name="course">Follows the training, and names the network's normalization.</param>
    /// <param name="create">Creates the network: images [N, 1, H, W] to scores [N, classes].</param>
    /// <param name="logs">Who else follows it.</param>
    public Outcome Train(
        Course course, Func<NormPolicy, nn.Module<Tensor, Tensor>> create, params IReadOnlyList<ITrainingObserver> logs)
    {
        manual_seed(settings.Seed);
        using var network = create(course.Method.Policy);
        Initialization.Apply(network, settings.Seed);
        using var trainer = new Trainer<(Tensor Images, Tensor Labels)>(
            network, batch => nn.functional.cross_entropy(network.call(batch.Images), batch.Labels), settings.ForTrainer());
        foreach (var observer in logs.Prepend(course))
            trainer.Observers.Add(observer);
        try
        {
            trainer.Fit(new ShuffledBatches(training, settings), () =>
                settings.TestsEachEpoch || trainer.Position.Epoch + 1 == settings.Epochs
                    ? new Dictionary<string, double> { [Course.ErrorMetric] = Error(network) }
                    : []);
        }
        catch (TrainingException failure)
        {
            course.Diverged(failure.At);
        }

        return new Outcome(course.Method, course.Epochs);
    }

    /// <summary>The share of test images that are classified wrongly, in percent.</summary>
    private double Error(nn.Module<Tensor, Tensor> network)
    {
        long wrong = 0;
        for (var start = 0; start < test.Count; start += TestBatch)
        {
            using var scope = NewDisposeScope();
            var (images, labels) = test.Batch(start, Math.Min(TestBatch, test.Count - start));
            wrong += network.call(images).argmax(1).ne(labels).sum().item<long>();
        }

        return 100.0 * wrong / test.Count;
    }
}
