using static TorchSharp.torch;

namespace KnDsl.Training;

/// <summary>A group, as layers whose statistics are those of all processes see it.</summary>
internal sealed class StatisticExchange(ProcessGroup group) : IStatisticExchange
{
    public int Rank => group.Rank;

    public int Size => group.Size;

    public void Sum(Tensor tensor, string name) => group.AllReduce(tensor, Reduction.Sum, name);
}
