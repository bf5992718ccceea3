using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Runtime.InteropServices;

namespace KnDsl;

/// <summary>
/// The functions by which native code calls a node of the graph. It passes them no argument of the caller's, so that every
/// node needs two of its own, and making native code of them costs more than most nodes do: they are reused when a node is gone.
/// </summary>
internal sealed class NodeCallbacks
{
    private static readonly ConcurrentBag<NodeCallbacks> Idle = [];

    // Native code knows their addresses only: they live as long as the program. There are as many as nodes at a time.
    private static readonly List<NodeCallbacks> All = [];

    private readonly ApplyCallback _apply;
    private readonly DeleteCallback _delete;
    private GraphNode? _node;

    private NodeCallbacks()
    {
        _apply = (gradients, count) => _node!.Apply(gradients, count);
        _delete = Delete;
        Apply = Marshal.GetFunctionPointerForDelegate(_apply);
        DeleteNode = Marshal.GetFunctionPointerForDelegate(_delete);
        lock (All)
            All.Add(this);
    }

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate NativeGraph.TensorArray ApplyCallback(IntPtr gradients, int count);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate void DeleteCallback();

    /// <summary>Called for a backward pass: takes the gradients of the outputs, gives those of the inputs.</summary>
    public IntPtr Apply { get; }

    /// <summary>Called when the graph gives the node up, and never anything after it.</summary>
    public IntPtr DeleteNode { get; }

    /// <summary>Functions for a node; they keep it alive until native code deletes it.</summary>
    public static NodeCallbacks For(GraphNode node)
    {
        if (!Idle.TryTake(out var callbacks))
            callbacks = new();
        callbacks._node = node;
        return callbacks;
    }

    private void Delete()
    {
        var node = _node!;
        _node = null;
        node.Delete();
        Idle.Add(this);
    }
}
