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

    /// <summary>The mean of the losses that all processes read; null where none did.</summary>
    /// <param name="sum">The sum of those that this one read.</param>
    /// <param name="count">Their number.</param>
    public double? Mean(double sum, long count)
    {
        if (processes.Size == 1)
            return count > 0 ? sum / count : null;
        using var all = tensor([sum, count], ScalarType.Float64, CPU);
        processes.AllReduce(all, Reduction.Sum, "the losses of the epoch");
        var (sums, counts) = (all.data<double>()[0], all.data<double>()[1]);
        return counts > 0 ? sums / counts : null;
    }
}
