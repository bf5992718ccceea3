using System.Linq;
using KnDsl.Training.Tests.Running;
using TorchSharp.Modules;
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

    [Fact]
    public void Numbers_out_of_their_range_are_refused()
    {
        Check("momentum", () => Optimizers.Sgd([], momentum: 1));
        Check("weightDecay", () => Optimizers.Sgd([], weightDecay: -1));
        Check("weightDecay", () => Optimizers.AdamW([], weightDecay: double.NaN));
        Check("beta1", () => Optimizers.AdamW([], beta1: -0.1));
        Check("beta2", () => Optimizers.AdamW([], beta2: 1));
        Check("eps", () => Optimizers.AdamW([], eps: 0));

        static void Check(string name, System.Func<object> make) =>
            Assert.Equal(name, Assert.Throws<System.ArgumentOutOfRangeException>(() => make()).ParamName);
    }

    public static TheoryData<string> Kinds => ["plain", "momentum", "nesterov", "damped", "adamw", "amsgrad"];

    /// <summary>The steps are those of TorchSharp's optimizers, to the last bit, with every option that a group can have.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public void Steps_are_those_of_TorchSharp(string kind)
    {
        using var scope = NewDisposeScope();
        var (own, torch) = (Parameters(), Parameters());
        using var mine = Own(kind, own);
        using var theirs = TorchSharps(kind, torch);
        for (var step = 1; step <= 5; step++)
        {
            foreach (var (optimizer, parameters) in new[] { (mine, own), (theirs, torch) })
            {
                foreach (var group in optimizer.ParamGroups)
                    group.LearningRate = 0.1 / step;
                optimizer.zero_grad();
                (parameters[0].sin().sum() + parameters[1].pow(3).sum() * step).backward();
                optimizer.step();
            }
            Assert.True(own[0].equal(torch[0]).all().item<bool>() && own[1].equal(torch[1]).all().item<bool>(), $"step {step}");
        }
    }

    /// <summary>TorchSharp's own steps end in an exception, or at other weights, within some ten thousand rounds.</summary>
    [Theory]
    [InlineData("nesterov")]
    [InlineData("adamw")]
    public void Steps_are_right_beside_collections(string kind)
    {
        using var scope = NewDisposeScope();
        var (quiet, beside) = (Parameters(), Parameters());
        Train(kind, quiet);
        using (new CollectingThread())
            Train(kind, beside);
        Assert.True(quiet[0].equal(beside[0]).all().item<bool>() && quiet[1].equal(beside[1]).all().item<bool>());
    }

    private static void Train(string kind, Parameter[] parameters)
    {
        using var optimizer = Own(kind, parameters);
        foreach (var group in optimizer.ParamGroups)
            group.LearningRate = 1e-3;
        parameters[0].sin().sum().backward();
        parameters[1].exp().sum().backward();
        for (var step = 0; step < 20_000; step++)
            optimizer.step();
    }

    private static Parameter[] Parameters() => [new(linspace(-1, 1, 7)), new(linspace(-2, 1, 4))];

    private static OptimizerHelper Own(string kind, Parameter[] parameters)
    {
        NamedParameter[] named = [.. parameters.Select((parameter, i) => new NamedParameter($"{i}", parameter, Decays: i == 0))];
        OptimizerHelper optimizer = kind is "adamw" or "amsgrad"
            ? Optimizers.AdamW(named)
            : Optimizers.Sgd(named, kind == "plain" ? 0 : 0.9, nesterov: kind == "nesterov");
        return WithOptions(kind, optimizer);
    }

    private static OptimizerHelper TorchSharps(string kind, Parameter[] parameters)
    {
        if (kind is "adamw" or "amsgrad")
        {
            return WithOptions(kind, optim.AdamW(
                parameters.Select((parameter, i) =>
                    new AdamW.ParamGroup([parameter], weight_decay: i == 0 ? 0.05 : 0, amsgrad: kind == "amsgrad")),
                lr: 0));
        }
        return WithOptions(kind, optim.SGD(
            parameters.Select((parameter, i) => new SGD.ParamGroup(
                [parameter], momentum: kind == "plain" ? 0 : 0.9, weight_decay: i == 0 ? 1e-4 : 0, nesterov: kind == "nesterov")),
            learningRate: 0));
    }

    private static OptimizerHelper WithOptions(string kind, OptimizerHelper optimizer)
    {
        foreach (var group in optimizer.ParamGroups)
        {
            if (group is SGD.ParamGroup { Options: var sgd })
                (sgd.dampening, sgd.maximize) = (kind == "damped" ? 0.3 : 0, kind == "damped");
            else if (group is AdamW.ParamGroup { Options: var adam })
                (adam.amsgrad, adam.maximize) = (kind == "amsgrad", kind == "amsgrad");
        }
        return optimizer;
    }
}
