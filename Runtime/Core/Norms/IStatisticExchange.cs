using static TorchSharp.torch;

namespace KnDsl;

/// <summary>The processes that a layer's statistics are taken over. A library above this one has them.</summary>
internal interface IStatisticExchange
{
    /// <summary>The number of this process.</summary>
    public int Rank { get; }

    /// <summary>How many there are.</summary>
    public int Size { get; }

    /// <summary>Replaces a tensor by the sum of those of all processes, which all call it in the same order.</summary>
    public void Sum(Tensor tensor, string name);
}
