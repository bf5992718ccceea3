using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// The running averages of a layer, which a filter updates with the mean over its micro-batches of the statistics that
/// <see cref="FilterArguments.Averaged"/> says.
/// </summary>
/// <param name="Mean">[G].</param>
/// <param name="Variance">[G].</param>
/// <param name="Count">Batches seen, one 64-bit integer.</param>
/// <param name="Momentum">The share of a new statistic.</param>
internal sealed record RunningAverages(Tensor Mean, Tensor Variance, Tensor Count, double Momentum)
{
    /// <summary>The averages as a prior of one row.</summary>
    /// <param name="copied">Whether it stays what it is when the averages are updated.</param>
    public MomentSource ToPrior(bool copied) =>
        MomentSource.Of(new Moments(Mean, Variance).Select(average => copied ? Moments.Wide(average.clone()) : Moments.Wide(average)));

    /// <summary>Takes statistics in, [R, G] each.</summary>
    /// <param name="statistics">The statistics.</param>
    /// <param name="finite">Whether they are to be taken in, [], where only the device knows that; null takes them in.</param>
    public void Update(Moments statistics, Tensor? finite = null)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        if (finite is null)
            Count.add_(One, One);
        else
            Count.add_(finite, One);
        Mix(Mean, OverRows(statistics.Mean), finite);
        Mix(Variance, OverRows(statistics.Variance), finite);
    }

    private static Tensor OverRows(Tensor statistic) => statistic.size(0) == 1 ? statistic.squeeze(0) : statistic.mean([0]);

    private void Mix(Tensor average, Tensor statistic, Tensor? finite)
    {
        // A prior may be of another type than the layer that takes it.
        statistic = statistic.to(Moments.TypeFor(average.dtype));
        // A number that is too large for the type becomes its largest, not infinity: variances may exceed 16 bits.
        var largest = finfo(average.dtype).max;
        if (finite is not null)
            average.copy_(where(finite, Mixed(), Moments.Wide(average)));
        else if (Moments.TypeFor(average.dtype) == average.dtype)
            average.mul_(Held(1 - Momentum)).add_(statistic.clamp(Held(-largest), Held(largest)), alpha: Held(Momentum));
        else
            average.copy_(Mixed());

        Tensor Mixed() => lerp(Moments.Wide(average), statistic, Momentum).clamp(Held(-largest), Held(largest));
    }
}
