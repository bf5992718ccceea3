using System;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// The first two moments of a value: mean and variance per micro-batch and channel. One row stands for all micro-batches.
/// </summary>
/// <param name="Mean">[G, C] or [1, C], of 32 bits at least.</param>
/// <param name="Variance">[G, C] or [1, C], not negative.</param>
internal readonly record struct Moments(Tensor Mean, Tensor Variance)
{
    /// <summary>The type of statistics of values or parameters of a type: 16 bits hold no square of a value.</summary>
    public static ScalarType TypeFor(ScalarType type) =>
        type is ScalarType.Float16 or ScalarType.BFloat16 ? ScalarType.Float32 : type;

    /// <summary>A tensor in the type of its statistics: itself, but for one of 16 bits.</summary>
    public static Tensor Wide(Tensor tensor) =>
        TypeFor(tensor.dtype) == tensor.dtype ? tensor : tensor.to(TypeFor(tensor.dtype));

    /// <summary>
    /// Moments of so many micro-batches, or one row for all of them: what has another number of rows comes from another
    /// division of the batch, and is taken as the mixture of its rows.
    /// </summary>
    public Moments ForRows(long rows)
    {
        if (Rows == 1 || Rows == rows) return this;
        var mean = Mean.mean([0], keepdim: true);
        return new(mean, Variance.mean([0], keepdim: true) + (Mean - mean).square().mean([0], keepdim: true));
    }

    /// <summary>Micro-batches, or 1 for all of them.</summary>
    public long Rows => Mean.size(0);

    /// <summary>Channels.</summary>
    public long Channels => Mean.size(1);

    /// <summary>The same function of both.</summary>
    public Moments Select(Func<Tensor, Tensor> function) => new(function(Mean), function(Variance));
}
