using TorchSharp;
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
    /// <summary>Batches seen. On a CPU the number is read where it is: <c>item</c> costs as much as a small kernel.</summary>
    public unsafe long Seen => Count.device_type == DeviceType.CPU ? *NativeTensor.Pointer<long>(Count) : Count.item<long>();

    /// <summary>The averages as a prior of one row.</summary>
    /// <param name="copied">Whether it stays what it is when the averages are updated.</param>
    public MomentSource ToPrior(bool copied) =>
        MomentSource.Of(new Moments(Mean, Variance).Select(average => copied ? Moments.Wide(average.clone()) : Moments.Wide(average)));

    /// <summary>Takes statistics in, [R, G] each.</summary>
    public void Update(Moments statistics)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        Count.add_(1);
        Mix(Mean, statistics.Mean.mean([0]));
        Mix(Variance, statistics.Variance.mean([0]));
    }

    private void Mix(Tensor average, Tensor statistic)
    {
        // A number that is too large for the type becomes its largest, not infinity: variances may exceed 16 bits.
        var largest = finfo(average.dtype).max;
        if (Moments.TypeFor(average.dtype) == average.dtype)
            average.mul_(1 - Momentum).add_(statistic.clamp(-largest, largest), alpha: Momentum);
        else
            average.copy_((Moments.Wide(average) * (1 - Momentum) + statistic * Momentum).clamp(-largest, largest));
    }
}
