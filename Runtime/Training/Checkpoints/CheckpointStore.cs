using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace KnDsl.Training;

/// <summary>Writes and reads the checkpoints of a training.</summary>
internal sealed class CheckpointStore(
    CheckpointFolder folder, nn.Module network, MasterWeights masters, OptimizerHelper optimizer, WeightAverage? average,
    ProcessGroup processes)
{
    /// <summary>Files of a checkpoint.</summary>
    public const string Weights = "weights.safetensors", Average = "average.safetensors";

    private const string Masters = "masters.safetensors", Optimizer = "optimizer.safetensors";

    private string? _random;

    /// <summary>Checks that a new training would not mix its checkpoints with those of another one.</summary>
    public void CheckIsEmpty()
    {
        if (processes.IsMain && folder.All.FirstOrDefault() is { } other)
        {
            throw new CheckpointException(
                folder.Path, $"it holds the checkpoints of a training ({Path.GetFileName(other)} is the last): resume that one, or name "
                + "another folder");
        }
    }

    /// <summary>Sets those aside that are of steps to which a training comes again, or that another training wrote.</summary>
    /// <param name="step">The step that it goes on from.</param>
    /// <param name="from">The checkpoint that it goes on from; empty where it goes on in the same process.</param>
    public void SetOthersAside(long step, string from)
    {
        if (!processes.IsMain)
            return;
        var own = from.Length == 0 ? Find(step) : Path.GetFullPath(from);
        foreach (var other in folder.All.Where(checkpoint => CheckpointFolder.StepOf(checkpoint) >= step && checkpoint != own).ToArray())
            folder.SetAside(other);
    }

    /// <summary>The checkpoint of a step; null where there is none.</summary>
    public string? Find(long? step) => folder.All.FirstOrDefault(checkpoint => CheckpointFolder.StepOf(checkpoint) == step);

    /// <summary>Writes a checkpoint, and deletes those that are not to be kept, as far as they can be deleted.</summary>
    /// <param name="progress">The numbers of the training.</param>
    /// <param name="keepLast">How many of the last ones are kept; that of the best figure is kept beside them.</param>
    /// <returns>The checkpoint's folder.</returns>
    public string Save(Progress progress, int keepLast)
    {
        using var scope = NewDisposeScope();
        var written = folder.Write(progress.Position.Step, into =>
        {
            network.save_weights(Path.Combine(into, Weights));
            if (masters.Any)
                Write(into, Masters, masters.Tensors);
            Write(into, Optimizer, OptimizerTensors.Read(optimizer, NameOf()));
            if (average is not null)
                Write(into, Average, average.Tensors);
            Checkpoint.Write(into, new CheckpointState
            {
                Format = CheckpointState.CurrentFormat,
                Network = network.GetType().Name,
                Progress = progress,
                Optimizer = OptimizerTensors.KindOf(optimizer),
                Frozen = [.. Frozen],
                AverageUpdates = average?.Updates ?? 0,
                Random = RandomStates.Read(),
                Parts = [],
                Written = DateTime.UtcNow,
            });
        });

        folder.Delete(folder.All.Skip(keepLast).Where(old => CheckpointFolder.StepOf(old) != progress.BestStep));
        return written;
    }

    /// <summary>Reads a checkpoint: everything is compared before anything is written.</summary>
    /// <param name="chosen">The checkpoint's folder; null is the last one, if there is one.</param>
    public (string Folder, Progress Progress)? Load(string? chosen)
    {
        if ((chosen ?? folder.All.FirstOrDefault()) is not { } path)
            return null;
        var checkpoint = Checkpoint.Open(path);
        var state = checkpoint.State;
        if (state.Network != network.GetType().Name)
            throw new CheckpointException(path, $"it is of the network {state.Network}, and this is {network.GetType().Name}");
        if (state.Optimizer is { } kind && kind != OptimizerTensors.KindOf(optimizer))
            throw new CheckpointException(path, $"it is of the optimizer {kind}, and this is {OptimizerTensors.KindOf(optimizer)}");
        if (state.Frozen is { } frozen && frozen.Except(Frozen).Concat(Frozen.Except(frozen)).FirstOrDefault() is { } other)
        {
            throw new CheckpointException(
                path, frozen.Contains(other)
                    ? $"'{other}' was frozen, and this training trains it: load the weights into a new training instead"
                    : $"'{other}' was trained, and is frozen in this training: load the weights into a new training instead");
        }

        Require(checkpoint, Masters, masters.Any, "was trained in 16 bits", "is trained in 16 bits");
        Require(checkpoint, Average, average is not null, "kept a moving average of the weights", "keeps a moving average of the weights");

        using var scope = NewDisposeScope();
        try
        {
            using var optimizerFile = SafetensorsFile.Open(checkpoint.Find(Optimizer)!);
            OptimizerTensors.Check(optimizer, NameOf(), optimizerFile);
            network.load_weights(checkpoint.Find(Weights)!);
            if (masters.Any)
                Copy(checkpoint, Masters, masters.Tensors);
            if (average is not null)
            {
                Copy(checkpoint, Average, average.Tensors);
                average.Updates = state.AverageUpdates;
            }

            OptimizerTensors.Write(optimizer, NameOf(), optimizerFile);
        }
        catch (WeightsException cause)
        {
            throw new CheckpointException(path, $"it does not fit: {cause.Message}", cause);
        }

        _random = processes.IsMain ? state.Random : null;
        return (path, processes.IsMain ? state.Progress : state.Progress.WithoutLosses());
    }

    /// <summary>Gives the random generators the states of the checkpoint that was read.</summary>
    public void RestoreRandom()
    {
        if (_random is { } state)
            RandomStates.Write(state);
        _random = null;
    }

    private static void Require(Checkpoint checkpoint, string file, bool isWanted, string was, string isNow)
    {
        if (checkpoint.Find(file) is not null == isWanted)
            return;
        throw new CheckpointException(
            checkpoint.Folder, isWanted
                ? $"it has no {file}, and this training {isNow}"
                : $"it has {file}: the training {was}, and this one does not");
    }

    private static void Write(string into, string file, IEnumerable<KeyValuePair<string, Tensor>> tensors) =>
        SafetensorsFile.Write(Path.Combine(into, file), tensors);

    private static void Copy(Checkpoint checkpoint, string file, IEnumerable<KeyValuePair<string, Tensor>> into)
    {
        using var source = SafetensorsFile.Open(checkpoint.Find(file)!);
        using var noGradient = no_grad();
        foreach (var (name, tensor) in into)
            source.CopyTo(name, tensor);
    }

    /// <summary>The names of the parameters that are not trained.</summary>
    private IEnumerable<string> Frozen =>
        masters.Parameters.Where(parameter => !parameter.Parameter.requires_grad).Select(parameter => parameter.Name);

    private Func<Parameter, string> NameOf()
    {
        var names = masters.Parameters.ToDictionary(parameter => parameter.Parameter.Handle, parameter => parameter.Name);
        return parameter => names[parameter.Handle];
    }
}
