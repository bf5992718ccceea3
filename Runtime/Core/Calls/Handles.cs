using System;
using TorchSharp;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Handles of tensors that a forward pass makes and frees. A hook may give a module's input back, hand out a tensor that somebody
/// else holds, or keep one: what is not the pass's own must outlive it.
/// </summary>
public static class Handles
{
    /// <summary>A handle of its own for the output of a module, which may hand on its input, or be made to by a hook.</summary>
    /// <param name="output">The module's output.</param>
    /// <param name="others">The handles that it must not be: the module's inputs, and outputs of it that come first.</param>
    /// <returns>The output, or another handle of the same tensor where it is one of the others.</returns>
    public static Tensor Own(Tensor output, ReadOnlySpan<Tensor> others)
    {
        foreach (var other in others)
        {
            if (ReferenceEquals(output, other))
                return output.alias();
        }

        return output;
    }

    /// <summary>A handle of its own for the output of a module that has one input.</summary>
    /// <param name="output">The module's output.</param>
    /// <param name="input">The handle that it must not be.</param>
    /// <returns>The output, or another handle of the same tensor where it is the input.</returns>
    public static Tensor Own(Tensor output, Tensor input) => ReferenceEquals(output, input) ? output.alias() : output;

    /// <summary>Frees a handle before its scope ends, if it is the scope's: one that a hook has detached stays.</summary>
    /// <param name="scope">The scope of the forward pass.</param>
    /// <param name="tensor">A tensor that the pass no longer reads.</param>
    public static void Free(this DisposeScope scope, Tensor tensor)
    {
        if (!scope.Contains(tensor))
            return;
        if (BlockTape.Current is { } tape)
            tape.Free(tensor);
        else
            tensor.Dispose();
    }
}
