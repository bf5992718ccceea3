using System;
using TorchSharp;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// What a network computes again in the backward pass of training, so that it need not be kept until then. The gradients are the same, to
/// the bit; the time is that of one more pass over each such value.
/// </summary>
/// <remarks>
/// Of a normalization layer and its activation, what they were computed from and the statistics are kept, and their output is not. It is
/// kept where a hook sees it, on other devices than a CPU, and for the types of 16 bits.
/// </remarks>
public readonly record struct Recompute
{
    private Recompute(bool activations) => Activations = activations;

    /// <summary>Whether the outputs of normalization layers and their activations are computed again.</summary>
    public bool Activations { get; }

    /// <summary>True computes the outputs of normalization layers and their activations again; false nothing.</summary>
    /// <param name="activations">Whether they are.</param>
    public static implicit operator Recompute(bool activations) => new(activations);

    /// <summary>Frees a value that a pass no longer reads, which it can compute again for its only reader.</summary>
    /// <param name="scope">The scope of the pass.</param>
    /// <param name="value">The value.</param>
    /// <param name="made">What the reader made of it.</param>
    public void Free(DisposeScope scope, Tensor value, ref Tensor made)
    {
        ArgumentNullException.ThrowIfNull(scope);
        if (Activations && made.requires_grad && scope.Contains(value) && Recomputation.Of(value) is { } recomputation)
        {
            var read = made;
            made = RecomputeTrigger.After(read, recomputation);
            scope.Free(read);
            recomputation.Release();
        }

        scope.Free(value);
    }

    /// <inheritdoc cref="Free(DisposeScope, Tensor, ref Tensor)"/>
    /// <param name="scope">The scope of the pass.</param>
    /// <param name="value">The value.</param>
    /// <param name="made">What the reader made of it.</param>
    /// <param name="reader">The reader; the value is kept where it has hooks, which may have kept it.</param>
    public void Free<TResult>(DisposeScope scope, Tensor value, ref Tensor made, nn.Module<Tensor, TResult> reader)
    {
        if (Hooks.Any(reader))
            scope.Free(value);
        else
            Free(scope, value, ref made);
    }
}
