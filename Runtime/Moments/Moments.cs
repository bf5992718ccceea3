using System;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// The first two moments of a value: mean and variance per micro-batch and channel. One row stands for all micro-batches.
/// </summary>
/// <param name="Mean">[G, C] or [1, C].</param>
/// <param name="Variance">[G, C] or [1, C], not negative.</param>
internal readonly record struct Moments(Tensor Mean, Tensor Variance)
{
    /// <summary>Channels.</summary>
    public long Channels => Mean.size(1);

    /// <summary>The same function of both.</summary>
    public Moments Select(Func<Tensor, Tensor> function) => new(function(Mean), function(Variance));
}
