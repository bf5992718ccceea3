using System;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// The first two moments of a value: mean and variance of each channel, in a row for each micro-batch or in one row for all
/// of them.
/// </summary>
/// <param name="Mean">[R, C] or [1, C], of 32 bits at least.</param>
/// <param name="Variance">[R, C] or [1, C], not negative.</param>
internal readonly record struct Moments(Tensor Mean, Tensor Variance)
{
    /// <summary>Micro-batches, or 1 for all of them.</summary>
    public long Rows => Mean.size(0);

    /// <summary>Channels.</summary>
    public long Channels => Mean.size(1);

    /// <summary>The type of statistics of values or parameters of a type: 16 bits cannot hold a value's square.</summary>
    public static ScalarType TypeFor(ScalarType type) =>
        type is ScalarType.Float16 or ScalarType.BFloat16 ? ScalarType.Float32 : type;

    /// <summary>A tensor in the type of its statistics: itself, unless it is one of 16 bits.</summary>
    public static Tensor Wide(Tensor tensor) =>
        TypeFor(tensor.dtype) == tensor.dtype ? tensor : tensor.to(TypeFor(tensor.dtype));

    /// <summary>The same function of both.</summary>
    public Moments Select(Func<Tensor, Tensor> function) => new(function(Mean), function(Variance));

    /// <summary>The standard deviation, kept above zero so that its gradient is finite.</summary>
    public Tensor Deviation() => Variance.clamp_min(Held(Normal.MinVariance)).sqrt();

    /// <summary>
    /// Moments of a number of micro-batches, or one row for all of them: moments with another number of rows come from another
    /// division of the batch, and are taken as the mixture of their rows.
    /// </summary>
    public Moments ForRows(long rows)
    {
        if (Rows == 1 || Rows == rows)
            return this;
        var mean = Mean.mean([0], keepdim: true);
        return new(mean, Sum(Variance.mean([0], keepdim: true), Square(Mean - mean).mean([0], keepdim: true)));
    }

    /// <summary>
    /// Channels that become one: its mean is the mean of their means, its variance the mean of their variances plus the
    /// variance of their means.
    /// </summary>
    /// <param name="count">How many neighbouring channels become one.</param>
    public Moments Mixed(long count)
    {
        if (count == 1)
            return this;
        var means = Mean.reshape(Rows, -1, count);
        var variances = Variance.reshape(Variance.size(0), -1, count);
        var mean = means.mean([2], keepdim: true);
        return new(mean.squeeze(2), Sum(variances.mean([2]), Square(means - mean).mean([2])));
    }

    /// <summary>Channels of which each becomes several with the same moments.</summary>
    /// <param name="count">How many channels each becomes.</param>
    public Moments Repeated(long count) => count == 1 ? this : Select(tensor => tensor.repeat_interleave(count, 1));
}
