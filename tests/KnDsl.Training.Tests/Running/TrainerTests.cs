using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Training.Tests.Running;

public sealed class TrainerTests
{
    [Fact]
    public void It_learns_and_tells_what_happens()
    {
        using var network = TinyTraining.Network();
        using var trainer = TinyTraining.Trainer(network, TinyTraining.Settings with { Epochs = 20 });
        var log = new Log();
        trainer.Observers.Add(log);
        Assert.Equal(TrainingEnd.Finished, trainer.Fit(new TinyBatches(), () => TinyTraining.Evaluate(network)));

        Assert.Equal(new TrainingPlan(default, 20, 12, 240), log.Plan);
        Assert.Equal(Enumerable.Range(1, 240).Select(step => (long)step), log.Steps.Select(step => step.Position.Step));
        Assert.All(log.Steps, step => Assert.True(double.IsFinite(step.Loss) && step.GradientNorm > 0 && step.Samples == 8));
        Assert.Equal(0.1, log.Steps[0].LearningRate, 1e-12);
        Assert.True(log.Steps[^1].LearningRate < 1e-4);
        Assert.Equal(20, log.Evaluations.Count);
        Assert.Equal(["train_loss", "error"], log.Evaluations[0].Metrics.Keys);
        foreach (var (steps, evaluation) in log.Steps.Chunk(12).Zip(log.Evaluations))
            Assert.Equal(steps.Average(step => step.Loss), evaluation.Metrics["train_loss"], 1e-9);
        Assert.True(log.Evaluations[^1].Metrics["train_loss"] < log.Evaluations[0].Metrics["train_loss"] / 2);
        Assert.True(log.Evaluations[^1].Metrics["error"] <= 0.25);
        Assert.Equal(TrainingEnd.Finished, log.End);
    }

    /// <summary>What one trainer freezes another one trains.</summary>
    [Fact]
    public void Frozen_parts_are_frozen_for_their_trainer_alone()
    {
        using var network = TinyTraining.Network();
        var settings = TinyTraining.Settings with { Epochs = 1, Watch = null };
        var own = network.named_parameters().First(entry => entry.name == "fc.bias").parameter;
        own.requires_grad = false;
        using (TinyTraining.Trainer(network, settings with { Frozen = ["conv1", "fc"] }))
            Assert.False(network.named_parameters().First(entry => entry.name == "conv1.weight").parameter.requires_grad);
        Assert.All(network.named_parameters(), entry => Assert.Equal(entry.name != "fc.bias", entry.parameter.requires_grad));
        Assert.ThrowsAny<Exception>(() => TinyTraining.Trainer(
            network, settings with { Frozen = ["conv1"], Optimizer = _ => throw new NotSupportedException() }));
        Assert.All(network.named_parameters(), entry => Assert.Equal(entry.name != "fc.bias", entry.parameter.requires_grad));
    }

    [Fact]
    public void A_network_that_is_converted_afterwards_is_named()
    {
        using var network = TinyTraining.Network();
        using var trainer = TinyTraining.Trainer(network, TinyTraining.Settings with { Epochs = 1, Watch = null });
        network.to(ScalarType.Float64);
        var error = Assert.Throws<InvalidOperationException>(() => trainer.Fit(new TinyBatches()));
        Assert.Equal("the network has another 'conv1.weight' than when the trainer was made: convert the network, or set its parameters, "
            + "before you make the trainer", error.Message);
    }

    /// <summary>A rate of samples is that of all steps, also where a device is waited for at a few of them only.</summary>
    [Fact]
    public void A_report_has_the_samples_and_the_time_since_the_last_one()
    {
        using var network = TinyTraining.Network();
        using var trainer = TinyTraining.Trainer(network, TinyTraining.Settings with { Epochs = 1, ReportEvery = 5, Watch = null });
        var log = new Log();
        trainer.Observers.Add(log);
        trainer.Fit(new TinyBatches());
        Assert.Equal([(5L, 40L), (10, 40), (12, 16)], log.Steps.Select(step => (step.Position.Step, step.Samples)));
    }

    /// <summary>Group normalization knows no batch: the mean of the halves' gradients is that of the whole.</summary>
    [Fact]
    public void Accumulated_batches_are_one_batch()
    {
        var settings = new TrainerSettings { Epochs = 2, LearningRate = 0.1, ReportEvery = 1 };
        var policy = NormPolicy.Group(2);
        using Tiny whole = TinyTraining.Network(policy), halves = TinyTraining.Network(policy);
        foreach (var network in new[] { whole, halves })
            network.to(ScalarType.Float64).modules().OfType<TorchSharp.Modules.Dropout>().ToList().ForEach(dropout => dropout.p = 0);
        using var one = new Trainer<(Tensor Images, Tensor Labels)>(whole, batch => TinyTraining.Loss(whole, batch), settings);
        using var two = new Trainer<(Tensor Images, Tensor Labels)>(
            halves, batch => TinyTraining.Loss(halves, batch), settings with { Accumulate = 2 });
        var log = new Log();
        two.Observers.Add(log);
        one.Fit(new Doubles(new TinyBatches(), 1));
        two.Fit(new Doubles(new TinyBatches(), 2));
        Assert.Equal(12, log.Steps.Count);
        foreach (var ((name, expected), (_, found)) in whole.state_dict().Zip(halves.state_dict()))
            Assert.True(expected.allclose(found, 1e-9, 1e-11), name);
    }

    [Fact]
    public void A_frozen_part_stays_as_it_is()
    {
        using var network = TinyTraining.Network();
        var before = Copies(network);
        using var trainer = TinyTraining.Trainer(
            network, TinyTraining.Settings with { Epochs = 1, Watch = null, Frozen = ["conv1", "bn1"] });
        trainer.Fit(new TinyBatches());
        var after = network.state_dict();
        Assert.Equal(
            ["bn1.bias", "bn1.num_batches_tracked", "bn1.running_mean", "bn1.running_var", "bn1.weight", "conv1.weight"],
            after.Where(pair => pair.Value.eq(before[pair.Key]).all().item<bool>()).Select(pair => pair.Key).Order(StringComparer.Ordinal));
        var unknown = Assert.Throws<UnknownPartException>(
            () => TinyTraining.Trainer(network, TinyTraining.Settings with { Frozen = ["layer1"] }));
        Assert.Contains("Tiny has no module 'layer1' to freeze; its parts are conv1, bn1, ", unknown.Message);
    }

    [Fact]
    public void It_stops_where_the_watched_figure_does_not_improve()
    {
        using var network = TinyTraining.Network();
        using var trainer = TinyTraining.Trainer(
            network, TinyTraining.Settings with { Epochs = 50, Watch = new("error", LowerIsBetter: true, Patience: 3) });
        double[] errors = [0.5, 0.4, 0.45, 0.4, 0.41, 0.1];
        var evaluation = 0;
        var log = new Log();
        trainer.Observers.Add(log);
        var end = trainer.Fit(new TinyBatches(), () => new Dictionary<string, double> { ["error"] = errors[evaluation++] });
        Assert.Equal((TrainingEnd.EarlyStopped, 5), (end, evaluation));
        Assert.Equal([true, true, false, false, false], log.Evaluations.Select(found => found.IsBest));

        // One that goes on after that end is at its end.
        trainer.Observers.Clear();
        Assert.Equal((TrainingEnd.EarlyStopped, 60), (trainer.Fit(new TinyBatches()), trainer.Position.Step));

        using var other = TinyTraining.Network();
        using var misnamed = TinyTraining.Trainer(other, TinyTraining.Settings with { Watch = new("accuracy") });
        var problem = Assert.Throws<InvalidOperationException>(() => misnamed.Fit(new TinyBatches(), () => TinyTraining.Evaluate(other)));
        Assert.Equal("the figure 'accuracy' is to be watched, and the evaluation gives train_loss, error", problem.Message);
    }

    [Fact]
    public void A_figure_that_is_no_number_is_never_the_best()
    {
        using var network = TinyTraining.Network();
        using var trainer = TinyTraining.Trainer(network, TinyTraining.Settings with { Epochs = 5, Watch = new("error", Patience: 3) });
        double[] errors = [double.NaN, 0.5, double.NaN, 0.1, double.NaN];
        var evaluation = 0;
        var log = new Log();
        trainer.Observers.Add(log);
        trainer.Fit(new TinyBatches(), () => new Dictionary<string, double> { ["error"] = errors[evaluation++] });
        Assert.Equal([false, true, false, true, false], log.Evaluations.Select(found => found.IsBest));

        // None at all: patience ends it.
        using var other = TinyTraining.Trainer(network, TinyTraining.Settings with { Epochs = 5, Watch = new("error", Patience: 2) });
        Assert.Equal(
            TrainingEnd.EarlyStopped, other.Fit(new TinyBatches(), () => new Dictionary<string, double> { ["error"] = double.NaN }));
    }

    [Fact]
    public void A_batch_that_is_not_finite_is_told_from_a_layer()
    {
        using var network = TinyTraining.Network(NormPolicy.None());
        using var trainer = new Trainer<(Tensor Images, Tensor Labels)>(
            network, batch => TinyTraining.Loss(network, (batch.Images * double.NaN, batch.Labels)), TinyTraining.Settings);
        Assert.StartsWith(
            "step 1 (epoch 1, batch 1): the loss is NaN; the input of 'conv1' is not finite already: so is the batch",
            Assert.Throws<TrainingException>(() => trainer.Fit(new TinyBatches())).Message);
    }

    [Fact]
    public void A_norm_of_the_gradient_that_is_too_large_is_of_no_layer()
    {
        using var network = TinyTraining.Network(NormPolicy.None());
        using var trainer = new Trainer<(Tensor Images, Tensor Labels)>(
            network, batch => TinyTraining.Loss(network, batch) * 1e30, TinyTraining.Settings);
        var failure = Assert.Throws<TrainingException>(() => trainer.Fit(new TinyBatches()));
        Assert.StartsWith("step 1 (epoch 1, batch 1): the gradient of the parameters is not finite", failure.Message);
        Assert.Null(failure.Layer);
    }

    [Fact]
    public void A_disposed_trainer_says_so()
    {
        using var network = TinyTraining.Network();
        var trainer = TinyTraining.Trainer(network, TinyTraining.Settings);
        trainer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => trainer.Fit(new TinyBatches()));
    }

    /// <summary>The plan says how many steps there will be, also where another number of batches makes one.</summary>
    [Theory]
    [InlineData(6, 3, 12 + 2 * 2)]
    [InlineData(1, 3, 12 + 2 * 12)]
    [InlineData(1, 1, 12)]
    public void The_plan_of_one_that_goes_on_is_what_it_does(int accumulate, int epochs, long steps)
    {
        var folder = System.IO.Directory.CreateTempSubdirectory("kndsl-plan-");
        try
        {
            using var network = TinyTraining.Network();
            using (var first = TinyTraining.Trainer(network, TinyTraining.Settings with { Epochs = 1, Watch = null }, folder.FullName))
                first.Fit(new TinyBatches());
            using var trainer = TinyTraining.Trainer(
                network, TinyTraining.Settings with { Epochs = epochs, Accumulate = accumulate, Watch = null }, folder.FullName);
            Assert.True(trainer.Resume());
            var log = new Log();
            trainer.Observers.Add(log);
            trainer.Fit(new TinyBatches());
            Assert.Equal((steps, steps), (log.Plan!.Steps, trainer.Position.Step));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void A_loss_that_is_not_finite_stops_with_its_layer_and_leaves_the_weights()
    {
        using var network = TinyTraining.Network(NormPolicy.None());
        using var trainer = TinyTraining.Trainer(network, TinyTraining.Settings);
        using (no_grad())
            network.conv2.weight.fill_(1e38);
        var before = TinyTraining.Bits(network.conv1);
        var log = new Log();
        trainer.Observers.Add(log);
        var failure = Assert.Throws<TrainingException>(() => trainer.Fit(new TinyBatches()));
        Assert.Equal("conv2", failure.Layer);
        Assert.StartsWith("step 1 (epoch 1, batch 1): the loss is NaN; the output of 'conv2' is not finite", failure.Message);
        Assert.Equal(before, TinyTraining.Bits(network.conv1));
        Assert.Equal(TrainingEnd.Failed, log.End);
    }

    [Fact]
    public void The_search_for_a_layer_takes_no_batch_into_running_averages()
    {
        using var network = TinyTraining.Network(NormPolicy.Batch());
        using var trainer = new Trainer<(Tensor Images, Tensor Labels)>(
            network, batch => TinyTraining.Loss(network, batch) * double.NaN, TinyTraining.Settings);
        Assert.Throws<TrainingException>(() => trainer.Fit(new TinyBatches()));
        Assert.Equal(1, network.state_dict()["bn1.num_batches_tracked"].item<long>());
    }

    [Fact]
    public void A_report_that_cannot_be_written_does_not_end_the_training_and_hides_no_failure()
    {
        using var network = TinyTraining.Network(NormPolicy.None());
        using var trainer = TinyTraining.Trainer(network, TinyTraining.Settings with { Epochs = 1, Watch = null });
        var log = new Log();
        trainer.Observers.Add(new Full());
        trainer.Observers.Add(log);
        Assert.Equal(TrainingEnd.Finished, trainer.Fit(new TinyBatches()));
        Assert.Equal(12, log.Steps.Count);

        using (no_grad())
            network.conv2.weight.fill_(1e38);
        using var failing = TinyTraining.Trainer(network, TinyTraining.Settings);
        failing.Observers.Add(new Full());
        failing.Observers.Add(log);
        Assert.Throws<TrainingException>(() => failing.Fit(new TinyBatches()));
        Assert.Equal(TrainingEnd.Failed, log.End);
    }

    [Fact]
    public void A_normalization_layer_that_refuses_its_input_is_the_same_failure()
    {
        using var network = TinyTraining.Network();
        using var trainer = TinyTraining.Trainer(network, TinyTraining.Settings);
        using (no_grad())
            network.conv2.weight.fill_(float.NaN);
        var failure = Assert.Throws<TrainingException>(() => trainer.Fit(new TinyBatches()));
        Assert.Equal("conv2.weight", failure.Layer);
        Assert.Contains("the parameter 'conv2.weight' is not finite: an earlier step was too large", failure.Message);
        Assert.IsType<NotFiniteNumberException>(failure.InnerException);
    }

    [Fact]
    public void A_loss_that_cannot_be_trained_by_says_why()
    {
        using var network = TinyTraining.Network();
        Assert.Equal(
            "the loss of a batch is 8 x 3 numbers, expected one: their mean, for example", Problem(batch => network.call(batch.Images)));
        Assert.Equal(
            "the loss of a batch has no gradient: it is detached, computed under no_grad, or all that it depends on is frozen",
            Problem(batch => TinyTraining.Loss(network, batch).detach()));
        Assert.Equal("the loss of a batch is null, expected a number", Problem(_ => null!));
        using var other = TinyTraining.Network();
        Assert.Equal(
            "the loss gives no parameter of the network a gradient: it is computed with another network than the trainer's",
            Problem(batch => TinyTraining.Loss(other, batch)));

        string Problem(Func<(Tensor Images, Tensor Labels), Tensor> loss)
        {
            using var trainer = new Trainer<(Tensor Images, Tensor Labels)>(network, loss, TinyTraining.Settings with { Watch = null });
            return Assert.Throws<InvalidOperationException>(() => trainer.Fit(new TinyBatches())).Message;
        }
    }

    [Fact]
    public void Settings_out_of_their_range_are_refused()
    {
        using var network = TinyTraining.Network();
        Assert.All(
            new (string Name, TrainerSettings Settings)[]
            {
                ("Epochs", TinyTraining.Settings with { Epochs = 0 }),
                ("LearningRate", TinyTraining.Settings with { LearningRate = -1 }),
                ("CheckpointEvery", TinyTraining.Settings with { CheckpointEvery = TimeSpan.FromSeconds(-1) }),
                ("Patience", TinyTraining.Settings with { Watch = new("error", Patience: 0) }),
            },
            wrong => Assert.Equal(
                wrong.Name, Assert.Throws<ArgumentOutOfRangeException>(() => TinyTraining.Trainer(network, wrong.Settings)).ParamName));
    }

    [Fact]
    public void The_best_checkpoint_is_named()
    {
        var folder = System.IO.Directory.CreateTempSubdirectory("kndsl-best-");
        try
        {
            using var network = TinyTraining.Network();
            using var trainer = TinyTraining.Trainer(network, TinyTraining.Settings with { Epochs = 4, KeepLast = 1 }, folder.FullName);
            Assert.Null(trainer.BestCheckpoint);
            double[] errors = [0.5, 0.4, 0.45, 0.6];
            var evaluation = 0;
            trainer.Fit(new TinyBatches(), () => new Dictionary<string, double> { ["error"] = errors[evaluation++] });
            Assert.Equal(System.IO.Path.Combine(folder.FullName, "step-000000024"), trainer.BestCheckpoint);
            network.load_weights(System.IO.Path.Combine(trainer.BestCheckpoint!, "weights.safetensors"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Batches_that_end_too_soon_are_an_error()
    {
        using var network = TinyTraining.Network();
        using var trainer = TinyTraining.Trainer(network, TinyTraining.Settings);
        var problem = Assert.Throws<System.IO.InvalidDataException>(() => trainer.Fit(new Short()));
        Assert.Equal("the batches of epoch 1 ended after 2, and their Count says more", problem.Message);
    }

    /// <summary>Steps of 1e-4 of weights around 1 vanish in 8 bits of mantissa, and do not in 32-bit copies.</summary>
    [Fact]
    public void Sixteen_bits_lose_no_small_steps()
    {
        using var network = TinyTraining.Network(NormPolicy.Kalman(microbatch: 2)).ToBFloat16();
        Assert.Equal(ScalarType.BFloat16, network.conv1.weight.dtype);
        Assert.Equal(ScalarType.Float32, ((NormLayer)network.bn1).state_dict()["running_mean"].dtype);
        using var trainer = new Trainer<(Tensor Images, Tensor Labels)>(
            network, batch => nn.functional.cross_entropy(network.call(batch.Images.bfloat16()).@float(), batch.Labels),
            TinyTraining.Settings with { Epochs = 20, AverageDecay = null, Watch = null });
        var log = new Log();
        trainer.Observers.Add(log);
        trainer.Fit(new TinyBatches());
        double first = log.Evaluations[0].Metrics["train_loss"], last = log.Evaluations[^1].Metrics["train_loss"];
        Assert.True(last < first / 2, $"{first} to {last}");

        // Ten steps of one tiny gradient add up.
        using var weights = new Small();
        using var slow = new Trainer<int>(weights, _ => (weights.weight.@float() * 1).sum(), new TrainerSettings
        {
            Epochs = 1, LearningRate = 1e-3, Schedule = LearningRateSchedule.Constant,
            Optimizer = parameters => Optimizers.Sgd(parameters, momentum: 0, weightDecay: 0),
        });
        slow.Fit(new Numbers(10));
        Assert.Equal(0.98828125f, weights.weight.@float().item<float>());
    }

    [Fact]
    public void The_average_is_what_is_evaluated()
    {
        using var network = TinyTraining.Network();
        using var trainer = TinyTraining.Trainer(network, TinyTraining.Settings with { Epochs = 1, AverageDecay = 0.5 });
        var expected = network.fc.weight.detach().clone();
        var updates = 0;
        trainer.Observers.Add(new Each(() =>
        {
            updates++;
            var decay = Math.Min(0.5, (1.0 + updates) / (10 + updates));
            expected = expected * decay + network.fc.weight.detach() * (1 - decay);
        }));
        var isAverage = false;
        Tensor? trained = null;
        trainer.Fit(new TinyBatches(), () =>
        {
            isAverage = network.fc.weight.allclose(expected, 1e-5, 1e-6);
            trained = trainer.Average!.Tensors.Single(pair => pair.Key == "fc.weight").Value.clone().DetachFromDisposeScope();
            return new Dictionary<string, double> { ["error"] = 0 };
        });
        Assert.True(isAverage);
        Assert.True(network.fc.weight.eq(trained!).all().item<bool>());
    }

    [Fact]
    public void The_average_of_16_bit_weights_is_what_is_evaluated()
    {
        using var network = TinyTraining.Network(NormPolicy.Batch()).ToBFloat16();
        using var trainer = new Trainer<(Tensor Images, Tensor Labels)>(
            network, batch => nn.functional.cross_entropy(network.call(batch.Images.bfloat16()).@float(), batch.Labels),
            TinyTraining.Settings with { Epochs = 1, AverageDecay = 0.9, Watch = null });
        var trained = "";
        trainer.Observers.Add(new Each(() => trained = TinyTraining.Bits(network.fc)));
        var evaluated = "";
        Tensor? computed = null;
        trainer.Fit(new TinyBatches(), () =>
        {
            evaluated = TinyTraining.Bits(network.fc);
            computed = network.fc.weight.detach().clone().DetachFromDisposeScope();
            return new Dictionary<string, double>();
        });
        Assert.NotEqual(trained, evaluated);
        var average = trainer.Average!.Tensors.Single(pair => pair.Key == "fc.weight").Value;
        Assert.True(average.bfloat16().eq(computed!).all().item<bool>());
        Assert.Equal(trained, TinyTraining.Bits(network.fc));
    }

    [Fact]
    public void The_average_begins_with_the_weights_that_the_training_begins_with()
    {
        using var network = TinyTraining.Network();
        using var trainer = TinyTraining.Trainer(
            network, TinyTraining.Settings with { Epochs = 1, LearningRate = 0, AverageDecay = 0.999, Watch = null });
        // As weights that are loaded after the trainer was made, and as those of rank 0 in the others.
        using (no_grad())
            network.fc.weight.fill_(0.25f);
        trainer.Fit(new TinyBatches());
        Assert.All(
            trainer.Average!.Tensors.Single(pair => pair.Key == "fc.weight").Value.data<float>().ToArray(),
            value => Assert.Equal(0.25f, value, 1e-6f));
    }

    [Fact]
    public void A_checkpoint_gives_what_was_evaluated()
    {
        using var folder = new TemporaryFolder();
        using var network = TinyTraining.Network(NormPolicy.Batch());
        using var trainer = TinyTraining.Trainer(network, TinyTraining.Settings, folder["checkpoints"]);
        var evaluated = "";
        trainer.Fit(new TinyBatches(), () =>
        {
            evaluated = TinyTraining.Bits(network);
            return TinyTraining.Evaluate(network);
        });
        Assert.NotEqual(evaluated, TinyTraining.Bits(network));

        var last = Directory.GetDirectories(folder["checkpoints"]).Order(StringComparer.Ordinal).Last();
        var weights = Path.Combine(last, "weights.safetensors");
        using var loaded = TinyTraining.Network(NormPolicy.Batch());
        loaded.load_weights(weights);
        Assert.Equal(TinyTraining.Bits(network), TinyTraining.Bits(loaded));
        Assert.True(loaded.load_average(weights));
        Assert.Equal(evaluated, TinyTraining.Bits(loaded));

        File.Copy(weights, folder["weights.safetensors"]);
        Assert.False(loaded.load_average(folder["weights.safetensors"]));
    }

    private static Dictionary<string, Tensor> Copies(nn.Module network) =>
        network.state_dict().ToDictionary(pair => pair.Key, pair => pair.Value.clone());

    private sealed class Log : ITrainingObserver
    {
        public TrainingPlan? Plan { get; private set; }

        public List<StepReport> Steps { get; } = [];

        public List<EvaluationReport> Evaluations { get; } = [];

        public TrainingEnd? End { get; private set; }

        public void Started(TrainingPlan plan) => Plan = plan;

        public void Stepped(StepReport report) => Steps.Add(report);

        public void Evaluated(EvaluationReport report) => Evaluations.Add(report);

        public void Ended(TrainingEnd end, TrainingPosition at) => End = end;
    }

    /// <summary>Writes where there is no room.</summary>
    private sealed class Full : ITrainingObserver
    {
        public void Stepped(StepReport report) => throw new RunFileException("steps.csv", "the disk is full.");

        public void Ended(TrainingEnd end, TrainingPosition at) => throw new RunFileException("curves.png", "the disk is full.");
    }

    private sealed class Each(Action stepped) : ITrainingObserver
    {
        public void Stepped(StepReport report) => stepped();
    }

    /// <summary>Two batches as one, or one after the other, in 64 bits.</summary>
    private sealed class Doubles(TinyBatches inner, int parts) : IBatches<(Tensor Images, Tensor Labels)>
    {
        public long Count => inner.Count / 2 * parts;

        public IEnumerable<(Tensor Images, Tensor Labels)> Read(int epoch, long first = 0)
        {
            foreach (var pair in inner.Read(epoch).Chunk(2))
            {
                if (parts == 1)
                {
                    yield return (cat([pair[0].Images, pair[1].Images]).@double(), cat([pair[0].Labels, pair[1].Labels]));
                    continue;
                }

                foreach (var (images, labels) in pair)
                    yield return (images.@double(), labels);
            }
        }
    }

    private sealed class Short : IBatches<(Tensor Images, Tensor Labels)>
    {
        public long Count => 5;

        public IEnumerable<(Tensor Images, Tensor Labels)> Read(int epoch, long first = 0) => new TinyBatches().Read(epoch).Take(2);
    }

    private sealed class Numbers(int count) : IBatches<int>
    {
        public long Count => count;

        public IEnumerable<int> Read(int epoch, long first = 0) => Enumerable.Range((int)first, count - (int)first);
    }

    private sealed class Small : nn.Module
    {
        public readonly TorchSharp.Modules.Parameter weight = new(ones(1, ScalarType.BFloat16));

        public Small()
            : base(nameof(Small)) => RegisterComponents();
    }
}
