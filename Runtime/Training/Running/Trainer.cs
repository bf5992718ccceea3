using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Threading;
using TorchSharp.Modules;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl.Training;

/// <summary>
/// Trains a network, in one process or in several. <see cref="Step"/> is one step of the optimizer, to be read, and replaced in a class of
/// your own; the rest is what goes around it: the schedule, evaluations, checkpoints, reports.
/// </summary>
/// <remarks>
/// A training that was killed goes on from its last checkpoint with the same batches, random numbers and states: on one thread its weights
/// are the same bit for bit as those of a training that was not. Of several processes rank 0 alone writes checkpoints, and all read them.
/// </remarks>
/// <typeparam name="TBatch">A batch; it is disposed after its use where it can be disposed.</typeparam>
public class Trainer<TBatch> : IDisposable
{
    private readonly Func<TBatch, Tensor> _loss;
    private readonly ProcessGroup _processes;
    private readonly Agreement _agreement;
    private readonly GradientReducer _reducer;
    private readonly FrozenParts _frozen;
    private readonly MasterWeights _masters;
    private readonly CheckpointStore? _checkpoints;
    private readonly List<ITrainingObserver> _observers = [];
    private readonly TrainingObservers _told;
    private readonly TrainingMeter _meter = new();
    private Progress _progress = new();
    private string _resumed = "";
    private bool _isDisposed;

    /// <summary>Prepares a training. Nothing is read or written before <see cref="Fit"/>.</summary>
    /// <param name="network">The network, on the device and in the types that it trains in; it stays the caller's.</param>
    /// <param name="loss">The mean loss of a batch, a single number with gradient.</param>
    /// <param name="settings">How to train.</param>
    /// <param name="checkpoints">
    /// The folder of checkpoints; null writes none. Of several processes rank 0 writes it, and the others need it to resume only.
    /// </param>
    /// <param name="processes">The processes that train together, which stay the caller's; null is this one alone.</param>
    /// <exception cref="ArgumentException">A setting is out of its range, or names a part that the network does not have.</exception>
    /// <exception cref="CheckpointException">The folder cannot be created.</exception>
    public Trainer(
        nn.Module network, Func<TBatch, Tensor> loss, TrainerSettings settings, string? checkpoints = null, ProcessGroup? processes = null)
    {
        settings.Check();
        Network = network;
        Settings = settings;
        _loss = loss;
        _told = new TrainingObservers(_observers);
        _processes = processes ?? ProcessGroup.Single();
        _agreement = new Agreement(_processes);
        _frozen = new FrozenParts(network, settings.Frozen);
        try
        {
            _masters = new MasterWeights(NamedParameter.Of(network));
            Optimizer = settings.Optimizer(_masters.Parameters);
            _reducer = new GradientReducer(_processes, network.named_parameters());
            if (settings.AverageDecay is { } decay)
                Average = new(_masters.Parameters.Where(parameter => parameter.Parameter.requires_grad), decay, _masters.GiveWeights);
            if (checkpoints is not null)
            {
                _checkpoints = new CheckpointStore(
                    new CheckpointFolder(checkpoints, isWriter: _processes.IsMain), network, _masters, Optimizer, Average, _processes);
            }
        }
        catch
        {
            _frozen.Dispose();
            throw;
        }
    }

    /// <summary>The network.</summary>
    public nn.Module Network { get; }

    /// <summary>How it is trained.</summary>
    public TrainerSettings Settings { get; }

    /// <summary>The optimizer over the network's parameters, or over their 32-bit copies.</summary>
    public OptimizerHelper Optimizer { get; }

    /// <summary>The moving average of the weights, where one is kept.</summary>
    public WeightAverage? Average { get; }

    /// <summary>Those who follow the training, told as <see cref="TrainingObservers"/> tells them: a full disk does not end it.</summary>
    public IList<ITrainingObserver> Observers => _observers;

    /// <summary>The place in the training.</summary>
    public TrainingPosition Position => _progress.Position;

    /// <summary>The folder of the checkpoint with the best figure so far; null where none is watched, or this process has none.</summary>
    public string? BestCheckpoint => _checkpoints?.Find(_progress.BestStep);

    /// <summary>
    /// Goes on from a checkpoint: weights, optimizer, averages, random states and place are as they were. Checkpoints of later steps in the
    /// trainer's folder get names that begin with <c>replaced-</c> when the training goes on.
    /// </summary>
    /// <param name="checkpoint">The checkpoint's folder; null is the last one of the trainer's folder.</param>
    /// <returns>Whether there was one.</returns>
    /// <exception cref="CheckpointException">The checkpoint is damaged, or of another network or optimizer; nothing is changed.</exception>
    public bool Resume(string? checkpoint = null)
    {
        var store = _checkpoints ?? throw new InvalidOperationException("this trainer has no folder of checkpoints to resume from");
        if (store.Load(checkpoint) is not var (from, loaded))
            return false;
        (_resumed, _progress) = (from, loaded);
        return true;
    }

    /// <summary>Trains until all epochs are done, the watched figure improves no more, or somebody asks for the end.</summary>
    /// <param name="batches">The batches of each epoch.</param>
    /// <param name="evaluate">
    /// Figures of the network after an epoch, by name; called in inference mode without gradients, with the averaged weights where there
    /// are such, and in a dispose scope. The mean loss of the epoch's batches, of all processes, is added as <c>train_loss</c>. Several
    /// processes must come to the same figures.
    /// </param>
    /// <param name="interruption">
    /// Ends the training after the step that it is in, with a checkpoint: see <see cref="Interruption"/>. One of several processes is
    /// enough.
    /// </param>
    /// <exception cref="TrainingException">A loss or gradient is not finite.</exception>
    /// <exception cref="CheckpointException">
    /// A checkpoint cannot be written; those before it are whole. Or the folder holds those of another training.
    /// </exception>
    /// <exception cref="DistributedException">Processes go on from different places, or one has ended or does not answer.</exception>
    public TrainingEnd Fit(
        IBatches<TBatch> batches, Func<IReadOnlyDictionary<string, double>>? evaluate = null, CancellationToken interruption = default)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        var end = TrainingEnd.Failed;
        try
        {
            Begin(batches);
            end = Run(batches, evaluate, interruption);
            return end;
        }
        finally
        {
            _told.Ended(end, Position);
        }
    }

    /// <summary>One step of the optimizer.</summary>
    /// <param name="batches">The step's batches, which are read one by one; at least one.</param>
    /// <param name="count">Their number.</param>
    /// <param name="learningRate">The learning rate.</param>
    /// <param name="readsLoss">Whether the losses are to be read now, which waits for the device.</param>
    protected virtual StepResult Step(IEnumerable<TBatch> batches, int count, double learningRate, bool readsLoss)
    {
        using var scope = NewDisposeScope();
        foreach (var group in Optimizer.ParamGroups)
            group.LearningRate = learningRate;
        Optimizer.zero_grad();
        Network.zero_grad();

        double sum = 0;
        long samples = 0;
        var left = count;
        foreach (var batch in batches)
        {
            using var inner = NewDisposeScope();
            var loss = Loss(batch);
            if (readsLoss)
                sum += Finite(loss, batch);
            samples += SamplesOf(batch);
            if (--left == 0)
                _reducer.Prepare();
            (count == 1 ? loss : loss / Held(count)).backward();
            (batch as IDisposable)?.Dispose();
        }

        _reducer.Average();
        _masters.TakeGradients();
        var norm = ClipGradients();
        Optimizer.step();
        _masters.GiveWeights();
        Average?.Update();
        return new(readsLoss ? sum : null, norm, samples);
    }

    /// <summary>The loss of a batch.</summary>
    /// <exception cref="TrainingException">The network refused its input since it is not finite.</exception>
    /// <exception cref="InvalidOperationException">It is not a single number with gradient.</exception>
    protected Tensor Loss(TBatch batch)
    {
        try
        {
            var loss = _loss(batch) ?? throw new InvalidOperationException("the loss of a batch is null, expected a number");
            return loss.numel() != 1
                ? throw new InvalidOperationException(
                    $"the loss of a batch is {string.Join(" x ", loss.shape)} numbers, expected one: their mean, for example")
                : loss.requires_grad ? loss : throw new InvalidOperationException(
                    "the loss of a batch has no gradient: it is detached, computed under no_grad, or all that it depends on is frozen");
        }
        catch (NotFiniteNumberException cause)
        {
            throw NotFinite(batch, cause.Message, cause);
        }
    }

    /// <summary>The samples of a batch: the first dimension of its images, or of the first of several tensors.</summary>
    protected virtual long SamplesOf(TBatch batch) => batch switch
    {
        ImageBatch images => images.Labels.size(0),
        ITuple { Length: > 0 } tuple when tuple[0] is Tensor first => first.size(0),
        Tensor tensor => tensor.size(0),
        _ => 1,
    };

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>
    /// Frees the optimizer, the averages and the 32-bit copies, and lets frozen parts have gradients again; the network stays the caller's.
    /// </summary>
    protected virtual void Dispose(bool disposing)
    {
        if (!disposing || _isDisposed)
            return;
        _isDisposed = true;
        _frozen.Dispose();
        _reducer.Dispose();
        Optimizer.Dispose();
        Average?.Dispose();
        _masters.Dispose();
    }

    private void Begin(IBatches<TBatch> batches)
    {
        if (batches.Count < 1)
            throw new ArgumentException("there are no batches to train on", nameof(batches));
        _masters.RequirePresent();
        _agreement.RequireOnePlace(Position);
        _progress = _progress.In(batches.Count, _processes.Size, _resumed);
        var isNew = Position == default;
        if (isNew)
        {
            _checkpoints?.CheckIsEmpty();
            manual_seed(Settings.Seed);
        }
        else
        {
            _checkpoints?.SetOthersAside(Position.Step, _resumed);
            _checkpoints?.RestoreRandom();
            // Whoever calls again goes on from where this one ends.
            _resumed = "";
        }

        Replicas.Broadcast(_processes, Network);
        _masters.TakeWeights();
        if (isNew)
            Average?.TakeWeights();
        RandomStates.Begin(Settings.Seed, Position.Step, _processes.Rank);
        _meter.Restart();
        _told.Started(new(Position, Settings.Epochs, batches.Count, new StepCount(Settings, batches.Count).Last(Position)));
    }

    private TrainingEnd Run(
        IBatches<TBatch> batches, Func<IReadOnlyDictionary<string, double>>? evaluate, CancellationToken interruption)
    {
        while (Position.Epoch < Settings.Epochs)
        {
            // Also where it goes on from a checkpoint that was written at that end.
            if (_progress.SinceBest >= Settings.Watch?.Patience)
                return TrainingEnd.EarlyStopped;
            var isWhole = TrainEpoch(batches, interruption);
            Replicas.AverageBuffers(_processes, Network);
            if (!isWhole)
            {
                // Before the first step there is nothing to go on from.
                if (Position.Step > 0)
                    Save();
                return TrainingEnd.Interrupted;
            }

            _told.EpochEnded(Position);
            Evaluate(evaluate);
            _progress = _progress with { Position = new(Position.Step, Position.Epoch + 1, 0), LossSum = 0, LossCount = 0 };
            Save();
        }

        return TrainingEnd.Finished;
    }

    /// <summary>Trains the rest of an epoch; false where it was interrupted.</summary>
    private bool TrainEpoch(IBatches<TBatch> batches, CancellationToken interruption)
    {
        _frozen.Train(Network);
        var saved = Stopwatch.StartNew();
        var steps = new StepCount(Settings, batches.Count);
        var begun = Position;
        using var source = batches.Read(Position.Epoch, Position.Batch).GetEnumerator();
        while (Position.Batch < batches.Count)
        {
            var (ends, isTime) = _agreement.Any(interruption.IsCancellationRequested, saved.Elapsed >= Settings.CheckpointEvery);
            if (ends)
                return false;
            if (Position != begun && (isTime || Position.Step % Settings.CheckpointEverySteps == 0))
            {
                Replicas.AverageBuffers(_processes, Network);
                Save();
                saved.Restart();
            }

            var count = (int)Math.Min(Settings.Accumulate, batches.Count - Position.Batch);
            var rate = Settings.LearningRate * Settings.Schedule.At(steps.Before(Position), steps.Total);
            var isEnd = Position.Batch + count == batches.Count;
            var reads = isEnd || (Position.Step + 1) % Settings.ReportEvery == 0;
            var (losses, norm, samples) = Step(_meter.Take(source, count, Position), count, rate, reads);
            _meter.Add(samples);
            _progress = _progress with
            {
                Position = new(Position.Step + 1, Position.Epoch, Position.Batch + count),
                LossSum = _progress.LossSum + (losses ?? 0),
                LossCount = _progress.LossCount + (losses is null ? 0 : count),
            };
            if (losses is { } sum)
                _told.Stepped(new(Position, sum / count, rate, norm, _meter.TakeSamples(), _meter.Elapsed, _meter.Waited));
            if (Position.Step % Settings.CompareEverySteps == 0)
                Replicas.Check(_processes, Network);
        }

        return true;
    }

    /// <summary>Evaluates the network after an epoch.</summary>
    private void Evaluate(Func<IReadOnlyDictionary<string, double>>? evaluate)
    {
        var metrics = new Dictionary<string, double>();
        if (_agreement.MeanLoss(_progress) is { } loss)
            metrics["train_loss"] = loss;
        if (evaluate is not null)
        {
            using var scope = NewDisposeScope();
            using var noGradient = inference_mode();
            using var average = Average?.Use();
            Network.eval();
            foreach (var (name, value) in evaluate())
                metrics[name] = value;
        }

        if (Settings.Watch is { } watched)
            _progress = _progress.Judged(watched.Name, watched.LowerIsBetter, metrics);
        var isBest = _progress.BestStep == Position.Step;
        _told.Evaluated(new(Position, metrics, isBest, _meter.Elapsed));
    }

    /// <summary>Writes a checkpoint, once the processes have the same running averages.</summary>
    private void Save()
    {
        if (_checkpoints is null && _processes.Size == 1)
            return;
        _progress = _agreement.Gathered(_progress);
        var folder = _processes.IsMain ? _checkpoints?.Save(_progress, Settings.KeepLast) : null;
        // The others wait until it is written.
        _processes.Barrier();
        RandomStates.Begin(Settings.Seed, Position.Step, _processes.Rank);
        if (folder is not null)
            _told.Saved(folder, Position);
    }

    private double? ClipGradients()
    {
        if (Settings.ClipNorm is not { } most)
            return null;
        var norm = GradientClipping.Clip(_masters.Parameters, most, out var found);
        return double.IsFinite(norm) ? norm : throw new TrainingException(
            $"{At}: the gradient of {(found is null ? "the parameters" : $"'{found}'")} is not finite; its weights are as they were before "
            + "the step", Position, found);
    }

    private double Finite(Tensor loss, TBatch batch)
    {
        using var value = loss.detach().to(ScalarType.Float64);
        var number = value.item<double>();
        return double.IsFinite(number) ? number : throw NotFinite(batch, $"the loss is {number}");
    }

    private TrainingException NotFinite(TBatch batch, string problem, Exception? cause = null)
    {
        var found = NonFiniteSearch.Find(Network, () => _loss(batch));
        return new($"{At}: {problem.TrimEnd('.')}{(found is var (_, what) ? $"; {what}" : "")}", Position, found?.Name, cause);
    }

    private string At => $"step {Position.Step + 1} (epoch {Position.Epoch + 1}, batch {Position.Batch + 1})";
}
