using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// One use of a differentiable function with a hand-written gradient: a node of the autograd graph. It lives as long as
/// the graph does, and frees what it saved with it, whatever dispose scopes are open.
/// </summary>
internal abstract class GraphNode
{
    // Native code knows a node by its callbacks only; they must live until it deletes the node.
    private static readonly ConcurrentDictionary<GraphNode, bool> Alive = new(ReferenceEqualityComparer.Instance);

    // Native code copies the gradients right after a backward call returns; the handles are freed by the next call.
    [ThreadStatic]
    private static Tensor?[]? _returned;

    private readonly List<IntPtr> _savedInputs = [];
    private readonly List<Tensor> _kept = [];
    private readonly NativeGraph.ApplyCallback _apply;
    private readonly NativeGraph.DeleteCallback _delete;
    private NativeGraph.NodePointers _pointers;
    private IntPtr _handles;

    protected GraphNode()
    {
        _apply = Apply;
        _delete = Delete;
    }

    /// <summary>Whether a function of these inputs has to be recorded.</summary>
    public static bool Records(params ReadOnlySpan<Tensor?> inputs)
    {
        if (!is_grad_enabled()) return false;
        foreach (var input in inputs) if (input is not null && input.requires_grad) return true;
        return false;
    }

    /// <summary>Puts the node between a function's inputs and the outputs that it computed from them.</summary>
    /// <param name="inputs">The tensors that gradients flow to, in the order of <see cref="Backward"/>'s result.</param>
    /// <param name="outputs">What the function computed, without gradient; their handles are replaced.</param>
    /// <param name="notDifferentiable">Those among the outputs that have no gradient.</param>
    /// <param name="kept">Further tensors that <see cref="Backward"/> needs; the node takes them over.</param>
    /// <returns>The outputs, now part of the graph, owned by the current dispose scope.</returns>
    public Tensor[] Attach(Tensor[] inputs, Tensor[] outputs, Tensor[] notDifferentiable, Tensor[] kept)
    {
        _pointers = NativeGraph.CreateNode(_apply, _delete);
        CheckForErrors();
        Alive[this] = true;

        foreach (var tensor in kept)
        {
            tensor.DetachFromDisposeScope();
            _kept.Add(tensor);
        }

        using var inputHandles = new HandleArray(inputs);
        using var outputHandles = new HandleArray(outputs);
        using var constantHandles = new HandleArray(notDifferentiable);
        NativeGraph.SetNextEdges(_pointers, inputHandles.Native, executable: true);
        CheckForErrors();
        NativeGraph.ClearInputMetadata(_pointers);
        CheckForErrors();

        IntPtr[] wrapped = [];
        var memory = IntPtr.Zero;
        try
        {
            NativeGraph.WrapOutputs(
                inputHandles.Native, constantHandles.Native, default, outputHandles.Native, _pointers,
                length => memory = Marshal.AllocHGlobal((int)length * IntPtr.Size));
            CheckForErrors();
            wrapped = new IntPtr[outputs.Length];
            Marshal.Copy(memory, wrapped, 0, wrapped.Length);
        }
        finally
        {
            Marshal.FreeHGlobal(memory);
        }

        foreach (var input in inputs)
        {
            _savedInputs.Add(NativeGraph.Save(input.Handle, _pointers, isModifiedView: false));
            CheckForErrors();
        }

        NativeGraph.ReleaseNode(_pointers);
        _pointers = _pointers with { Strong = IntPtr.Zero };
        foreach (var output in outputs) output.Dispose();
        return [.. wrapped.Select(Tensor.UnsafeCreateTensor)];
    }

    /// <summary>The gradients of the inputs.</summary>
    /// <param name="gradients">The gradients of the outputs, null where nothing depends on an output.</param>
    /// <param name="inputs">
    /// The inputs as they were; reading one that was changed in place since the forward pass is an error.
    /// </param>
    /// <param name="kept">What was kept.</param>
    protected abstract Tensor?[] Backward(Tensor?[] gradients, IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> kept);

    private NativeGraph.TensorArray Apply(IntPtr gradientHandles, int count)
    {
        FreeReturned();
        using var scope = NewDisposeScope();
        var handles = new IntPtr[count];
        Marshal.Copy(gradientHandles, handles, 0, count);
        var gradients = handles.Select(handle => handle == IntPtr.Zero ? null : Tensor.UnsafeCreateTensor(handle));
        var inputs = _savedInputs.Select(saved =>
        {
            var input = NativeGraph.Unpack(saved, _pointers);
            CheckForErrors();
            return Tensor.UnsafeCreateTensor(input);
        });

        using var noGrad = no_grad();
        var result = Backward([.. gradients], [.. inputs], _kept);
        foreach (var gradient in result) if (gradient is not null) scope.Detach(gradient);

        _returned = result;
        if (_handles == IntPtr.Zero) _handles = Marshal.AllocHGlobal(result.Length * IntPtr.Size);
        Marshal.Copy([.. result.Select(gradient => gradient?.Handle ?? IntPtr.Zero)], 0, _handles, result.Length);
        return new(_handles, result.Length);
    }

    private void Delete()
    {
        FreeReturned();
        foreach (var saved in _savedInputs) NativeGraph.ReleaseSaved(saved);
        foreach (var tensor in _kept) tensor.Dispose();
        Marshal.FreeHGlobal(_handles);
        NativeGraph.ReleaseWeakNode(_pointers);
        Alive.TryRemove(this, out _);
    }

    private static void FreeReturned()
    {
        foreach (var gradient in _returned ?? []) gradient?.Dispose();
        _returned = null;
    }

    /// <summary>Handles of tensors, in native memory.</summary>
    private readonly struct HandleArray : IDisposable
    {
        public HandleArray(Tensor[] tensors)
        {
            var memory = Marshal.AllocHGlobal(tensors.Length * IntPtr.Size);
            Marshal.Copy([.. tensors.Select(tensor => tensor.Handle)], 0, memory, tensors.Length);
            Native = new(memory, tensors.Length);
        }

        public NativeGraph.TensorArray Native { get; }

        public void Dispose() => Marshal.FreeHGlobal(Native.Handles);
    }
}
