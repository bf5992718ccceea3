using System;
using static TorchSharp.torch;

namespace KnDsl.Vision;

/// <summary>The regions of one image that may have an object, the highest score first.</summary>
/// <param name="Boxes">[P, 4] in pixels of the image.</param>
/// <param name="Scores">[P], from 0 to 1: the probability of an object.</param>
public sealed record Proposals(Tensor Boxes, Tensor Scores) : IDisposable
{
    /// <summary>Frees the tensors.</summary>
    public void Dispose()
    {
        Boxes.Dispose();
        Scores.Dispose();
    }
}
