using System;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>What a normalization layer did in a pass that is to be computed again: its statistics are those of the first time.</summary>
internal abstract class RecordedNorm : IDisposable
{
    /// <summary>Does it again.</summary>
    /// <param name="input">The layer's input.</param>
    /// <param name="addend">What was added in the same pass, or null.</param>
    /// <returns>The output, to the same bit.</returns>
    public abstract Tensor Again(Tensor input, Tensor? addend);

    public abstract void Dispose();
}
