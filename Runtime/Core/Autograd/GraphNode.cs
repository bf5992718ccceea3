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

    // Nodes that native code has given up while this thread frees what another one has saved.
    [ThreadStatic]
    private static Stack<GraphNode>? _waiting;

    [ThreadStatic]
    private static bool _isDeleting;

    // The inputs, then perhaps an output.
    private readonly List<IntPtr> _saved = [];
    private int _inputCount;
    private int _savedInputs;
    private readonly List<Tensor> _kept = [];
    private NativeGraph.NodePointers _pointers;
    private IntPtr _handles;

    // The tape of the block that the node is in, if there is one, and what tells the saved tensors from others.
    private BlockTape? _tape;
    private IntPtr[] _taped = [];

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
    /// <param name="saved">How many of the inputs <see cref="Backward"/> needs, from the first on; null is all.</param>
    /// <param name="savesFirstOutput">Whether <see cref="Backward"/> needs the first output.</param>
    /// <returns>The outputs, now part of the graph, owned by the current dispose scope.</returns>
    public Tensor[] Attach(
        Tensor[] inputs, Tensor[] outputs, Tensor[] notDifferentiable, Tensor[] kept, int? saved = null,
        bool savesFirstOutput = false)
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

        _inputCount = inputs.Length;
        _savedInputs = saved ?? inputs.Length;
        foreach (var input in inputs.AsSpan(0, _savedInputs))
            Save(input);
        if (savesFirstOutput)
        {
            // Without its history, which is this node: the two would hold each other. It is the same memory and counts the same versions.
            using var output = outputs[0].detach();
            Save(output);
        }

        if (BlockTape.Recording is { } tape)
        {
            _tape = tape;
            _taped = [.. inputs.Take(_savedInputs).Select(TensorMemory.Identity)];
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

    private void Save(Tensor tensor)
    {
        _saved.Add(NativeGraph.Save(tensor.Handle, _pointers, isModifiedView: false));
        CheckForErrors();
        BlockTape.Recording?.Save(tensor);
    }

    /// <summary>The gradients of the inputs.</summary>
    /// <param name="gradients">The gradients of the outputs, null where nothing depends on an output; at least one is not.</param>
    /// <param name="inputs">
    /// The saved inputs as they were, then the first output if it was saved; reading one that was changed in place since the forward
    /// pass is an error.
    /// </param>
    /// <param name="kept">The tensors that were kept.</param>
    /// <returns>
    /// One gradient an input, or null for zero. It may be one of the outputs' gradients, changed in place where nothing else
    /// reads it: then the engine keeps the only reference, and need not copy it where it is stored.
    /// </returns>
    protected abstract Tensor?[] Backward(Tensor?[] gradients, IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> kept);

    /// <summary>
    /// The function once more, of torch's operations, for gradients that are themselves to be differentiated; null where it has none, and
    /// the gradients are <see cref="OnceDifferentiable"/>.
    /// </summary>
    /// <param name="inputs">
    /// The inputs. One that was not saved can only be added to something of the output's shape, or its gradient would depend on it:
    /// zeros come in its place.
    /// </param>
    /// <param name="output">The first output if it was saved.</param>
    /// <returns>The first output once more.</returns>
    protected virtual Tensor? Compose(IReadOnlyList<Tensor> inputs, Tensor? output) => null;

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
            _tape?.Ensure(_taped);
            var result = Propagate(gradientHandles, count);
            _tape?.HasRead(_taped);
            return result;
        }
        catch (Exception exception)
        {
            // No gradients at all make the engine end the backward pass with an error of its own. It would take one of a wrong shape for
            // an input of a single element.
            Console.Error.WriteLine($"The gradient of a layer failed: {exception.Message}");
            return default;
        }
    }

    private NativeGraph.TensorArray Propagate(IntPtr gradientHandles, int count)
    {
        using var scope = NewDisposeScope();
        var gradients = new Tensor?[count];
        for (var i = 0; i < count; i++)
        {
            var handle = Marshal.ReadIntPtr(gradientHandles, i * IntPtr.Size);
            if (handle != IntPtr.Zero)
                gradients[i] = Tensor.UnsafeCreateTensor(handle);
        }

        var inputs = Unpack(_saved.Count);
        _tape?.CheckPresent(inputs);
        // The engine enables gradients in a backward pass that is itself to be differentiated (create_graph).
        var result = is_grad_enabled() ? Recorded(gradients, inputs) : Unrecorded(gradients, inputs);
        foreach (var gradient in result)
        {
            if (gradient is not null && !IsAmong(gradients, gradient))
                scope.Detach(gradient);
        }

        return Return(result, gradients);
    }

    /// <summary>The inputs that the node has saved, in the current dispose scope.</summary>
    protected Tensor[] UnpackInputs() => Unpack(_savedInputs);

    private Tensor[] Unpack(int count)
    {
        var tensors = new Tensor[count];
        for (var i = 0; i < count; i++)
        {
            var handle = NativeGraph.Unpack(_saved[i], _pointers);
            CheckForErrors();
            tensors[i] = Tensor.UnsafeCreateTensor(handle);
        }

        return tensors;
    }

    private Tensor?[] Unrecorded(Tensor?[] gradients, Tensor[] inputs)
    {
        // The engine comes by after a node with several outputs of which some are not needed. A parameter that nothing depends on has no
        // gradient then, not one of zeros, which decays of weights and averages of optimizers would tell apart.
        if (gradients.All(gradient => gradient is null))
            return new Tensor?[_inputCount];
        using var noGrad = no_grad();
        return Backward(gradients, inputs, _kept);
    }

    /// <summary>The gradients as functions of the inputs and of the output's gradient.</summary>
    protected virtual Tensor?[] Recorded(Tensor?[] gradients, Tensor[] saved)
    {
        if (gradients[0] is not { } given)
            return gradients.All(gradient => gradient is null) ? new Tensor?[_inputCount] : OnlyOnce(gradients, saved);
        var inputs = new Tensor[_inputCount];
        for (var i = 0; i < inputs.Length; i++)
            inputs[i] = i < _savedInputs ? saved[i] : zeros_like(given).requires_grad_();
        var composed = gradients.Skip(1).Any(gradient => gradient is not null)
            ? null
            : Compose(inputs, saved.Length > _savedInputs ? saved[^1] : null);
        if (composed is null)
            return OnlyOnce(gradients, saved);
        var result = new Tensor?[_inputCount];
        int[] wanted = [.. Enumerable.Range(0, _inputCount).Where(i => inputs[i].requires_grad)];
        var found = autograd.grad([composed], [.. wanted.Select(i => inputs[i])], [given], retain_graph: true, create_graph: true);
        foreach (var (i, gradient) in wanted.Zip(found))
            result[i] = gradient;
        return result;
    }

    /// <summary>The gradients, which cannot be differentiated once more.</summary>
    private Tensor?[] OnlyOnce(Tensor?[] gradients, Tensor[] saved)
    {
        // What is asked for may be changed in place, and has a history here.
        Tensor?[] copies = [.. gradients.Select(gradient => gradient?.detach().clone())];
        return OnceDifferentiable.Mark(Unrecorded(copies, saved), saved.Concat(gradients.OfType<Tensor>()));
    }

    private protected static NotSupportedException NoSecondDerivative() =>
        new("It has no second derivative: it can be differentiated once.");

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

    /// <summary>
    /// Native code gives the node up. What it has saved may hold the next node alone, whose turn comes afterwards: a graph is deeper than
    /// a stack.
    /// </summary>
    internal void Delete()
    {
        FreeReturned();
        var waiting = _waiting ??= new();
        waiting.Push(this);
        if (_isDeleting)
            return;
        _isDeleting = true;
        try
        {
            while (waiting.TryPop(out var node))
                node.ReleaseAll();
        }
        finally
        {
            _isDeleting = false;
        }
    }

    private void ReleaseAll()
    {
        foreach (var saved in _saved)
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
