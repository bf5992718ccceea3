using System;
using System.Linq;
using static TorchSharp.torch;

namespace KnDsl.Training;

/// <summary>What the processes of a training have to know of each other beside gradients: all of them ask at the same places.</summary>
internal sealed class Agreement(ProcessGroup processes)
{
    /// <summary>Whether any process was asked to end, and whether by the clock of any it is time for a checkpoint.</summary>
    public (bool Ends, bool IsTime) Any(bool ends, bool isTime)
    {
        if (processes.Size == 1)
            return (ends, isTime);
        using var any = tensor([ends ? 1 : 0, isTime ? 1 : 0], ScalarType.Int32, CPU);
        processes.AllReduce(any, Reduction.Sum, "whether to end or to write a checkpoint");
        var counts = any.data<int>();
        return (counts[0] > 0, counts[1] > 0);
    }

    /// <summary>Demands that all processes go on from the same place.</summary>
    /// <exception cref="DistributedException">One does not: the message names it and both places.</exception>
    public void RequireOnePlace(TrainingPosition own)
    {
        if (processes.Size == 1)
            return;
        var (steps, epochs, batches) = (Gather(own.Step), Gather(own.Epoch), Gather(own.Batch));
        var places = Enumerable.Range(0, processes.Size)
            .Select(rank => new TrainingPosition(steps[rank], (int)epochs[rank], batches[rank])).ToArray();
        var other = Array.FindIndex(places, place => place != places[0]);
        if (other < 0)
            return;
        throw new DistributedException(
            $"Rank {other} would go on {Of(places[other])}, and rank 0 {Of(places[0])}. All processes have to resume from the same "
            + "checkpoint: does each of them reach the folder of checkpoints, and see what is in it?");

        long[] Gather(long number) => processes.Gather(number, "the places that the processes go on from");

        static string Of(TrainingPosition place) =>
            place == default ? "from the beginning" : $"after step {place.Step} (epoch {place.Epoch + 1}, batch {place.Batch})";
    }

    /// <summary>The losses of all processes, as the progress of the first, which writes them down. The others begin at 0.</summary>
    public Progress Gathered(Progress own)
    {
        if (processes.Size == 1)
            return own;
        var (sum, count) = Total(own);
        return processes.IsMain ? own with { LossSum = sum, LossCount = count } : own.WithoutLosses();
    }

    /// <summary>The mean of the losses that all processes read; null where none did.</summary>
    public double? MeanLoss(Progress own) => Total(own) is var (sum, count) && count > 0 ? sum / count : null;

    private (double Sum, long Count) Total(Progress own)
    {
        if (processes.Size == 1)
            return (own.LossSum, own.LossCount);
        using var all = tensor([own.LossSum, own.LossCount], ScalarType.Float64, CPU);
        processes.AllReduce(all, Reduction.Sum, "the losses of the epoch");
        var numbers = all.data<double>();
        return (numbers[0], (long)numbers[1]);
    }
}
