using System;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// What the moments of a state are computed from, for those who read them without a tensor of their own: moments, or the shift and scale
/// of the normalization layer that emits the state, and perhaps a ReLU after them.
/// </summary>
/// <param name="Mean">Means, [rows, C] or [C], or the shift of the emitting layer, [C].</param>
/// <param name="Variance">Variances, of the same shape, or the scale of the emitting layer.</param>
/// <param name="Form">Which of both.</param>
internal sealed record MomentSource(Tensor Mean, Tensor Variance, MomentForm Form)
{
    /// <summary>Rows of moments: one for each micro-batch, or one for all of them.</summary>
    public long Rows => Mean.dim() == 1 ? 1 : Mean.size(0);

    /// <summary>Channels.</summary>
    public long Channels => Mean.size(-1);

    /// <summary>Moments as they are.</summary>
    public static MomentSource Of(Moments moments) => new(moments.Mean, moments.Variance, default);

    /// <summary>A function of the moments before the ReLU, if there is one.</summary>
    public MomentSource Select(Func<Moments, Moments> function) => Of(function(ToMoments()));

    /// <summary>The moments before the ReLU, if there is one, as tensors.</summary>
    public Moments ToMoments()
    {
        if (Form.IsScale && SumNode.Pass(this with { Form = Form with { Rectified = false } }) is { } own)
            return own;
        var (mean, variance) = (Moments.Wide(Mean), Moments.Wide(Variance));
        if (Form.SpreadOnDevice is { } onDevice)
            variance = Square(variance) * onDevice;
        else if (Form.Spread is { } spread)
            variance = Square(variance).mul_(Held(spread));
        return mean.dim() == 1 ? new(mean.unsqueeze(0), variance.unsqueeze(0)) : new(mean, variance);
    }
}

/// <summary>How a <see cref="MomentSource"/> holds moments.</summary>
/// <param name="Spread">
/// Null where it holds the moments themselves; else what the squares of the emitting layer's scale are multiplied by to be variances: see
/// <see cref="EmittedState"/>.
/// </param>
/// <param name="Rectified">Whether a ReLU comes after them.</param>
/// <param name="SpreadOnDevice">The spread, [] in 64 bits, where only the device knows it.</param>
internal readonly record struct MomentForm(double? Spread, bool Rectified, Tensor? SpreadOnDevice = null)
{
    /// <summary>Whether it holds a scale.</summary>
    public bool IsScale => Spread is not null || SpreadOnDevice is not null;

    /// <summary>The variance before the ReLU, from a number that the source holds.</summary>
    public double Variance(double held) => Spread is { } spread ? held * held * spread : held;

    /// <summary>The derivative of <see cref="Variance"/>.</summary>
    public double VarianceSlope(double held) => Spread is { } spread ? 2 * held * spread : 1;
}
