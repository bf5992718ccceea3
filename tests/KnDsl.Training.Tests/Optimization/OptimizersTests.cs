using System.Linq;
using KnDsl.Training.Tests.Running;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Training.Tests.Optimization;

public sealed class OptimizersTests
{
    [Fact]
    public void Norms_and_biases_do_not_decay()
    {
        using var network = TinyTraining.Network();
        Assert.Equal(
            ["conv1.weight", "conv2.weight", "fc.weight"],
            NamedParameter.Of(network).Where(parameter => parameter.Decays).Select(parameter => parameter.Name).Order());
        Assert.Equal(
            network.named_parameters().Select(pair => pair.name).Order(),
            NamedParameter.Of(network).Select(parameter => parameter.Name).Order());
    }

    /// <summary>Without gradients of its loss, a step of decay alone is left: w (1 - rate decay).</summary>
    [Fact]
    public void Decay_reaches_what_decays_only()
    {
        using var network = TinyTraining.Network();
        var before = network.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter.detach().clone());
        using var trainer = new Trainer<(Tensor Images, Tensor Labels)>(
            network, batch => network.call(batch.Images).sum() * 0, new TrainerSettings
            {
                Epochs = 1, LearningRate = 0.1, Schedule = LearningRateSchedule.Constant,
                Optimizer = parameters => Optimizers.Sgd(parameters, momentum: 0, weightDecay: 0.5),
            });
        trainer.Fit(new TinyBatches());
        foreach (var (name, parameter) in network.named_parameters())
        {
            var factor = name is "conv1.weight" or "conv2.weight" or "fc.weight" ? System.Math.Pow(0.95, 12) : 1;
            Assert.True(parameter.allclose(before[name] * factor, 1e-5, 1e-7), name);
        }
    }
}
