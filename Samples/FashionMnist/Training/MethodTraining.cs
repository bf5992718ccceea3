using System;
using System.Collections.Generic;
using System.Diagnostics;
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
    private const string ErrorMetric = "error";

    private const int TestBatch = 500;

    /// <summary>Trains one network.</summary>
    /// <param name="method">Its normalization.</param>
    /// <param name="create">Creates the network: images [N, 1, H, W] to scores [N, classes].</param>
    /// <param name="observer">Follows the training.</param>
    public Outcome Train(Method method, Func<NormPolicy, nn.Module<Tensor, Tensor>> create, IObserver observer)
    {
        manual_seed(settings.Seed);
        using var network = create(method.Policy);
        Initialization.Apply(network, settings.Seed);
        var course = new Course(method, observer);
        using var trainer = new Trainer<(Tensor Images, Tensor Labels)>(
            network, batch => nn.functional.cross_entropy(network.call(batch.Images), batch.Labels), settings.ForTrainer());
        trainer.Observers.Add(course);
        try
        {
            trainer.Fit(new ShuffledBatches(training, settings), () =>
                settings.TestsEachEpoch || trainer.Position.Epoch + 1 == settings.Epochs
                    ? new Dictionary<string, double> { [ErrorMetric] = Error(network) }
                    : []);
        }
        catch (TrainingException failure)
        {
            course.Diverged(failure.At);
        }

        return new Outcome(method, course.Epochs);
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

    /// <summary>Collects the epochs, and tells the sample's own observers. Time stands still during tests.</summary>
    private sealed class Course(Method method, IObserver observer) : ITrainingObserver
    {
        private readonly List<Epoch> _epochs = [];
        private readonly Stopwatch _clock = new();

        public IReadOnlyList<Epoch> Epochs => _epochs;

        public void Started(TrainingPlan plan)
        {
            observer.Started(method, (int)plan.Steps);
            _clock.Start();
        }

        public void Stepped(StepReport report)
        {
            _clock.Start();
            observer.Stepped(method, (int)report.Position.Step, report.Loss, report.LearningRate);
        }

        public void EpochEnded(TrainingPosition at) => _clock.Stop();

        public void Evaluated(EvaluationReport report)
        {
            if (report.Metrics.TryGetValue(ErrorMetric, out var error))
                Add(new Epoch(report.Position.Epoch + 1, report.Metrics["train_loss"], error, _clock.Elapsed), report.Position);
        }

        public void Diverged(TrainingPosition at) => Add(Epoch.Diverged(at.Epoch + 1, _clock.Elapsed), at with { Step = at.Step + 1 });

        private void Add(Epoch epoch, TrainingPosition at)
        {
            _epochs.Add(epoch);
            observer.Tested(method, epoch, (int)at.Step);
        }
    }
}
