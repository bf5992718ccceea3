using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Where a fused step begins: the state that a normalization layer emits, or any moments, and perhaps a ReLU after them.
/// </summary>
/// <param name="Mean">Means, [rows, C], or the shift of the emitting layer, [C].</param>
/// <param name="Variance">Variances, [rows, C], or the scale of the emitting layer, [C], whose squares they are.</param>
/// <param name="Emitted">Whether <paramref name="Mean"/> and <paramref name="Variance"/> are a shift and a scale.</param>
/// <param name="Rectified">Whether a ReLU comes before the convolution or linear layer.</param>
internal sealed record FusedStepSource(Tensor Mean, Tensor Variance, bool Emitted, bool Rectified)
{
    /// <summary>Of an emitting layer, what the squares of its scale are multiplied by: see <see cref="EmittedState"/>.</summary>
    public double Spread { get; init; } = 1;

    /// <summary>Rows of moments: one for each micro-batch, or one for all of them.</summary>
    public long Rows => Emitted ? 1 : Mean.size(0);

    /// <summary>Channels before the step.</summary>
    public long Channels => Mean.size(-1);
}
