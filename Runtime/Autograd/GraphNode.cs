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
    /// <returns>
    /// One gradient an input, or null for zero. It may be one of the outputs' gradients, changed in place where nothing else
    /// reads it: then the engine keeps the only reference, and need not copy it where it is stored.
    /// </returns>
    protected abstract Tensor?[] Backward(Tensor?[] gradients, IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> kept);

    /// <summary>Frees what the node holds besides tensors; the graph is gone.</summary>
    protected virtual void Release()
    {
    }

    /// <summary>What native code calls. An exception must not cross into it: it would end the process.</summary>
    private NativeGraph.TensorArray Apply(IntPtr gradientHandles, int count)
    {
        FreeReturned();
        try
        {
            return Propagate(gradientHandles, count);
        }
        catch (Exception exception)
        {
            // A gradient of an impossible shape makes the engine end the backward pass with an error of its own.
            Console.Error.WriteLine($"The gradient of a normalization layer failed: {exception.Message}");
            return Return([.. _savedInputs.Select(_ => zeros([0, 0], ScalarType.Float32, CPU).DetachFromDisposeScope())], []);
        }
    }

    private NativeGraph.TensorArray Propagate(IntPtr gradientHandles, int count)
    {
        // The engine enables gradients in a backward pass that is itself to be differentiated (create_graph).
        if (is_grad_enabled())
            throw new NotSupportedException("It has no second derivative: use the pass without create_graph.");

        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var gradients = new Tensor?[count];
        for (var i = 0; i < count; i++)
        {
            var handle = Marshal.ReadIntPtr(gradientHandles, i * IntPtr.Size);
            if (handle != IntPtr.Zero) gradients[i] = Tensor.UnsafeCreateTensor(handle);
        }

        var inputs = new Tensor[_savedInputs.Count];
        for (var i = 0; i < inputs.Length; i++)
        {
            var handle = NativeGraph.Unpack(_savedInputs[i], _pointers);
            CheckForErrors();
            inputs[i] = Tensor.UnsafeCreateTensor(handle);
        }

        var result = Backward(gradients, inputs, _kept);
        foreach (var gradient in result)
            if (gradient is not null && !gradients.Contains(gradient)) scope.Detach(gradient);
        return Return(result, gradients);
    }

    /// <summary>Hands gradients to native code: handles of new ones, which live until the next call, and of those that it lent.</summary>
    private NativeGraph.TensorArray Return(Tensor?[] result, Tensor?[] lent)
    {
        if (_handles == IntPtr.Zero) _handles = Marshal.AllocHGlobal(2 * result.Length * IntPtr.Size);
        for (var i = 0; i < result.Length; i++)
        {
            var handle = result[i]?.Handle ?? IntPtr.Zero;
            if (result[i] is { } gradient && lent.Contains(gradient))
            {
                // A handle is the address of a pointer to the tensor. The engine holds the tensor until it has its copy of this
                // pointer; our own reference ends with the scope.
                var pointer = _handles + (result.Length + i) * IntPtr.Size;
                Marshal.WriteIntPtr(pointer, Marshal.ReadIntPtr(handle));
                handle = pointer;
                result[i] = null;
            }

            Marshal.WriteIntPtr(_handles, i * IntPtr.Size, handle);
        }

        _returned = result;
        return new(_handles, result.Length);
    }

    private void Delete()
    {
        FreeReturned();
        foreach (var saved in _savedInputs) NativeGraph.ReleaseSaved(saved);
        foreach (var tensor in _kept) tensor.Dispose();
        Release();
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
