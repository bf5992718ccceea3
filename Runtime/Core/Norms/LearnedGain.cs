using System;
using System.Linq;
using TorchSharp.Modules;
using static KnDsl.Numbers;

namespace KnDsl;

/// <summary>The parameters of a learned or adaptive gain.</summary>
/// <param name="Mean">Logit of the mean's gain, [1] or [C].</param>
/// <param name="Variance">Logit of the variance's gain, [1] or [C].</param>
internal readonly record struct LearnedGain(Parameter Mean, Parameter Variance)
{
    /// <summary>The gains of micro-batches, [1 or R, 1 or C]; an adaptive gain follows the samples of each.</summary>
    public Moments ToGains(GainKind kind, MicroBatches batches)
    {
        if (kind == GainKind.Learned)
            return new(Mean.sigmoid().unsqueeze(0), Variance.sigmoid().unsqueeze(0));

        var samples = batches.Rest == 0
            ? [(double)batches.Size]
            : Enumerable.Repeat((double)batches.Size, (int)batches.Full).Append(batches.Rest).ToArray();
        var shift = DeviceConstants.Of([.. samples.Select(count => Math.Log(count))], Mean.device).to(Mean.dtype).view(-1, 1);
        return new(Sum(Mean, shift).sigmoid(), Sum(Variance, shift).sigmoid());
    }
}
