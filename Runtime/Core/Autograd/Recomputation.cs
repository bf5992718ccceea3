using System;
using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// The output of a node of the graph whose memory can be given up once the forward pass has read it: the node computes it again, to the
/// same bit, before the backward pass of its reader needs it.
/// </summary>
internal sealed class Recomputation : IDisposable
{
    // By their handles: the node that made a value is not to be seen on it.
    private static readonly ConditionalWeakTable<Tensor, Recomputation> Known = [];

    private readonly TensorMemory _memory;
    private readonly Tensor _output;
    private readonly Action<Tensor> _compute;
    private nuint _bytes;
    private bool _isReleased;
    private bool _isArmed;

    private Recomputation(TensorMemory memory, Tensor output, Action<Tensor> compute) =>
        (_memory, _output, _compute) = (memory, output, compute);

    /// <summary>Makes it for an output; null where libtorch does not let go of memory.</summary>
    /// <param name="output">The output, which a later <see cref="Of"/> knows.</param>
    /// <param name="compute">Writes the output once more into the tensor that it gets.</param>
    public static Recomputation? For(Tensor output, Action<Tensor> compute)
    {
        if (TensorMemory.Instance is not { } memory)
            return null;
        var made = new Recomputation(memory, output.detach().DetachFromDisposeScope(), compute);
        Known.Add(output, made);
        return made;
    }

    /// <summary>That of a value, or null.</summary>
    public static Recomputation? Of(Tensor value) => Known.TryGetValue(value, out var found) ? found : null;

    /// <summary>The only reader computes it again before it reads it: from now on the memory may be given up.</summary>
    public void Arm() => _isArmed = true;

    /// <summary>Gives the memory up, which nobody reads until <see cref="Ensure"/>; before <see cref="Arm"/> it stays.</summary>
    public void Release()
    {
        if (_isReleased || !_isArmed)
            return;
        _bytes = _memory.Release(_output);
        _isReleased = true;
    }

    /// <summary>Computes the output again if it was given up.</summary>
    public void Ensure()
    {
        // A backward pass that is itself to be differentiated (create_graph) makes nodes that read it later.
        _isArmed &= !is_grad_enabled();
        if (!_isReleased)
            return;
        _memory.Restore(_output, _bytes);
        _isReleased = false;
        _compute(_output);
    }

    public void Dispose() => _output.Dispose();
}
