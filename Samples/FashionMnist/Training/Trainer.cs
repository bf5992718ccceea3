using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using KnDsl.Samples.FashionMnist.Data;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace KnDsl.Samples.FashionMnist.Training;

/// <summary>Trains a network by stochastic gradient descent, and tests it after every epoch or after the last one.</summary>
/// <param name="training">Images to learn from.</param>
/// <param name="test">Images to count errors on.</param>
/// <param name="settings">How to train, the same for all methods: first weights, order of images, schedule.</param>
internal sealed class Trainer(TensorSet training, TensorSet test, Settings settings)
{
    private const int TestBatch = 500;

    /// <summary>Trains one network.</summary>
    /// <param name="method">Its normalization.</param>
    /// <param name="create">Creates the network: images [N, 1, H, W] to scores [N, classes].</param>
    /// <param name="observer">Follows the training.</param>
    public Outcome Train(Method method, Func<NormPolicy, nn.Module<Tensor, Tensor>> create, IObserver observer)
    {
        // The other random numbers of a network (dropout, a sampled transition) follow the seed as well.
        manual_seed(settings.Seed);
        using var network = create(method.Policy);
        Initialization.Apply(network, settings.Seed);
        using var optimizer = Optimizer(network);

        var perEpoch = settings.StepsPerEpoch(training.Count);
        var steps = perEpoch * settings.Epochs;
        observer.Started(method, steps);

        var order = new Random(unchecked((int)settings.Seed));
        long[] indices = [.. Enumerable.Range(0, training.Count).Select(i => (long)i)];
        var epochs = new List<Epoch>();
        var clock = new Stopwatch();
        for (var step = 0; step < steps;)
        {
            order.Shuffle(indices);
            double sum = 0;
            network.train();
            for (var start = 0; start < indices.Length; start += settings.Batch)
            {
                var rate = settings.LearningRateAt(step, steps);
                clock.Start();
                var loss = Step(network, optimizer, indices.AsSpan(start, Math.Min(settings.Batch, indices.Length - start)), rate);
                clock.Stop();
                if (!double.IsFinite(loss))
                {
                    epochs.Add(Epoch.Diverged(step / perEpoch + 1, clock.Elapsed));
                    observer.Tested(method, epochs[^1], step + 1);
                    return new Outcome(method, epochs);
                }
                sum += loss;
                observer.Stepped(method, ++step, loss, rate);
            }
            if (step < steps && !settings.TestsEachEpoch)
                continue;
            epochs.Add(new Epoch(step / perEpoch, sum / perEpoch, Error(network), clock.Elapsed));
            observer.Tested(method, epochs[^1], step);
        }
        return new Outcome(method, epochs);
    }

    private static SGD Optimizer(nn.Module network)
    {
        // The weights of convolutions and linear layers have more than one dimension, all other parameters have one.
        var byKind = network.parameters().ToLookup(parameter => parameter.dim() > 1);
        SGD.ParamGroup[] groups =
        [
            new(byKind[true], weight_decay: Settings.WeightDecay, momentum: Settings.Momentum),
            new(byKind[false], weight_decay: 0, momentum: Settings.Momentum),
        ];
        return optim.SGD(groups, learningRate: 0, momentum: Settings.Momentum);
    }

    /// <summary>Makes one step and returns its loss, which is not finite if the training has diverged.</summary>
    private double Step(nn.Module<Tensor, Tensor> network, SGD optimizer, ReadOnlySpan<long> indices, double rate)
    {
        using var scope = NewDisposeScope();
        foreach (var group in optimizer.ParamGroups)
            group.LearningRate = rate;
        var (images, labels) = training.Batch(indices);
        optimizer.zero_grad();
        try
        {
            var loss = nn.functional.cross_entropy(network.call(images), labels);
            loss.backward();
            optimizer.step();
            return loss.item<float>();
        }
        catch (NotFiniteNumberException)
        {
            // Kalman normalization does not let NaN or infinity into its averages.
            return double.NaN;
        }
    }

    /// <summary>The share of test images that are classified wrongly, in percent.</summary>
    private double Error(nn.Module<Tensor, Tensor> network)
    {
        using var noGradient = inference_mode();
        network.eval();
        long wrong = 0;
        for (var start = 0; start < test.Count; start += TestBatch)
        {
            using var scope = NewDisposeScope();
            long[] indices = [.. Enumerable.Range(start, Math.Min(TestBatch, test.Count - start)).Select(i => (long)i)];
            var (images, labels) = test.Batch(indices);
            wrong += network.call(images).argmax(1).ne(labels).sum().item<long>();
        }
        return 100.0 * wrong / test.Count;
    }
}
