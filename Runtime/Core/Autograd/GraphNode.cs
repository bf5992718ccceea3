using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// One use of a differentiable function with a hand-written gradient: a node of the autograd graph. It lives as long as
/// the graph does, and what it saved is freed with it, independently of dispose scopes.
/// </summary>
internal abstract unsafe class GraphNode
{
    // Native code copies the gradients right after a backward call returns; the handles are freed by the next call.
    [ThreadStatic]
    private static Tensor?[]? _returned;

    [ThreadStatic]
    private static IntPtr[]? _wrapped;

    private readonly List<IntPtr> _savedInputs = [];
    private readonly List<Tensor> _kept = [];
    private NativeGraph.NodePointers _pointers;
    private IntPtr _handles;

    /// <summary>Whether a function of these inputs has to be recorded.</summary>
    public static bool Records(params ReadOnlySpan<Tensor?> inputs)
    {
        if (!is_grad_enabled())
            return false;
        foreach (var input in inputs)
        {
            if (input is not null && input.requires_grad)
                return true;
        }

        return false;
    }

    /// <summary>Puts the node between a function's inputs and the outputs that it computed from them.</summary>
    /// <param name="inputs">The tensors that gradients flow to, in the order of <see cref="Backward"/>'s result.</param>
    /// <param name="outputs">The results of the function, without gradient; their handles are replaced.</param>
    /// <param name="notDifferentiable">Those among the outputs that have no gradient.</param>
    /// <param name="kept">Further tensors that <see cref="Backward"/> needs; the node takes them over.</param>
    /// <returns>The outputs, now part of the graph, owned by the current dispose scope.</returns>
    public Tensor[] Attach(Tensor[] inputs, Tensor[] outputs, Tensor[] notDifferentiable, Tensor[] kept)
    {
        var callbacks = NodeCallbacks.For(this);
        _pointers = NativeGraph.CreateNode(callbacks.Apply, callbacks.DeleteNode);
        CheckForErrors();
        foreach (var tensor in kept)
        {
            tensor.DetachFromDisposeScope();
            _kept.Add(tensor);
        }

        var memory = stackalloc IntPtr[inputs.Length + outputs.Length + notDifferentiable.Length];
        var (inputHandles, next) = Handles(inputs, (IntPtr)memory);
        var (outputHandles, last) = Handles(outputs, next);
        var (constantHandles, _) = Handles(notDifferentiable, last);
        NativeGraph.SetNextEdges(_pointers, inputHandles, executable: true);
        CheckForErrors();
        NativeGraph.ClearInputMetadata(_pointers);
        CheckForErrors();
        NativeGraph.WrapOutputs(inputHandles, constantHandles, default, outputHandles, _pointers, &Allocate);
        CheckForErrors();

        foreach (var input in inputs)
        {
            _savedInputs.Add(NativeGraph.Save(input.Handle, _pointers, isModifiedView: false));
            CheckForErrors();
        }

        NativeGraph.ReleaseNode(_pointers);
        _pointers = _pointers with { Strong = IntPtr.Zero };
        var wrapped = new Tensor[outputs.Length];
        for (var i = 0; i < outputs.Length; i++)
        {
            outputs[i].Dispose();
            wrapped[i] = Tensor.UnsafeCreateTensor(_wrapped![i]);
        }

        return wrapped;
    }

    /// <summary>The gradients of the inputs.</summary>
    /// <param name="gradients">The gradients of the outputs, null where nothing depends on an output.</param>
    /// <param name="inputs">
    /// The inputs as they were; reading one that was changed in place since the forward pass is an error.
    /// </param>
    /// <param name="kept">The tensors that were kept.</param>
    /// <returns>
    /// One gradient an input, or null for zero. It may be one of the outputs' gradients, changed in place where nothing else
    /// reads it: then the engine keeps the only reference, and need not copy it where it is stored.
    /// </returns>
    protected abstract Tensor?[] Backward(Tensor?[] gradients, IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> kept);

    /// <summary>Frees what the node holds besides tensors; the graph is gone.</summary>
    protected virtual void Release()
    {
    }

    /// <summary>The entry point for native code. An exception must not cross into it: it would end the process.</summary>
    internal NativeGraph.TensorArray Apply(IntPtr gradientHandles, int count)
    {
        FreeReturned();
        try
        {
            return Propagate(gradientHandles, count);
        }
        catch (Exception exception)
        {
            // A gradient of an impossible shape makes the engine end the backward pass with an error of its own.
            Console.Error.WriteLine($"The gradient of a layer failed: {exception.Message}");
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
            if (handle != IntPtr.Zero)
                gradients[i] = Tensor.UnsafeCreateTensor(handle);
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
        {
            if (gradient is not null && !IsAmong(gradients, gradient))
                scope.Detach(gradient);
        }

        return Return(result, gradients);
    }

    /// <summary>Hands gradients to native code: handles of new ones, which live until the next call, and of those that it lent.</summary>
    private NativeGraph.TensorArray Return(Tensor?[] result, Tensor?[] lent)
    {
        if (_handles == IntPtr.Zero)
            _handles = Marshal.AllocHGlobal(2 * result.Length * IntPtr.Size);
        for (var i = 0; i < result.Length; i++)
        {
            var handle = result[i]?.Handle ?? IntPtr.Zero;
            if (result[i] is { } gradient && IsAmong(lent, gradient))
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

    private static bool IsAmong(Tensor?[] tensors, Tensor tensor)
    {
        // By reference: tensors are equal where their elements are.
        foreach (var other in tensors)
        {
            if (ReferenceEquals(other, tensor))
                return true;
        }

        return false;
    }

    /// <summary>Native code gives the node up.</summary>
    internal void Delete()
    {
        FreeReturned();
        foreach (var saved in _savedInputs)
            NativeGraph.ReleaseSaved(saved);
        foreach (var tensor in _kept)
            tensor.Dispose();
        Release();
        Marshal.FreeHGlobal(_handles);
        NativeGraph.ReleaseWeakNode(_pointers);
    }

    private static void FreeReturned()
    {
        foreach (var gradient in _returned ?? [])
            gradient?.Dispose();
        _returned = null;
    }

    /// <summary>Writes handles of tensors into memory, and says where it goes on.</summary>
    private static (NativeGraph.TensorArray Handles, IntPtr Next) Handles(Tensor[] tensors, IntPtr memory)
    {
        var handles = (IntPtr*)memory;
        for (var i = 0; i < tensors.Length; i++)
            handles[i] = tensors[i].Handle;
        return (new(memory, tensors.Length), (IntPtr)(handles + tensors.Length));
    }

    /// <summary>Where native code writes the handles of wrapped outputs.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static IntPtr Allocate(nuint length)
    {
        // A pinned array, since native code writes to it; outputs are three at the most.
        if (_wrapped is null || _wrapped.Length < (int)length)
            _wrapped = GC.AllocateArray<IntPtr>(Math.Max(8, (int)length), pinned: true);
        return (IntPtr)Unsafe.AsPointer(ref _wrapped[0]);
    }
}
