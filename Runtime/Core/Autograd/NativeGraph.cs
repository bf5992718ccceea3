using System;
using System.Runtime.InteropServices;

namespace KnDsl;

/// <summary>
/// TorchSharp's native entry points for nodes of the autograd graph. Its managed class for custom functions,
/// torch.autograd.Function, allocates a second tensor of every output's size and leaves the gradients that it handles to
/// the garbage collector, which a layer of every network cannot afford; the entry points beneath it do neither.
/// </summary>
internal static unsafe partial class NativeGraph
{
    private const string Library = "LibTorchSharp";

    // TensorArray apply(Tensor* gradients, int count), void delete()
    [LibraryImport(Library, EntryPoint = "THSAutograd_CSharpNode_ctor")]
    internal static partial NodePointers CreateNode(IntPtr apply, IntPtr delete);

    [LibraryImport(Library, EntryPoint = "THSAutograd_CSharpNode_disposeSharedPtr")]
    internal static partial void ReleaseNode(NodePointers node);

    [LibraryImport(Library, EntryPoint = "THSAutograd_CSharpNode_disposeWeakPtr")]
    internal static partial void ReleaseWeakNode(NodePointers node);

    [LibraryImport(Library, EntryPoint = "THSAutograd_CSharpNode_setNextEdges")]
    internal static partial void SetNextEdges(
        NodePointers node, TensorArray inputs, [MarshalAs(UnmanagedType.U1)] bool executable);

    [LibraryImport(Library, EntryPoint = "THSAutograd_CSharpNode_clearInputMetadata")]
    internal static partial void ClearInputMetadata(NodePointers node);

    [LibraryImport(Library, EntryPoint = "THSAutograd_Function_wrapOutputs")]
    internal static partial void WrapOutputs(
        TensorArray inputs, TensorArray notDifferentiable, TensorArray modified, TensorArray outputs, NodePointers node,
        delegate* unmanaged[Cdecl]<nuint, IntPtr> allocate);

    [LibraryImport(Library, EntryPoint = "THSAutograd_SavedVariable_ctor")]
    internal static partial IntPtr Save(
        IntPtr tensor, NodePointers node, [MarshalAs(UnmanagedType.U1)] bool isModifiedView);

    [LibraryImport(Library, EntryPoint = "THSAutograd_SavedVariable_unpack")]
    internal static partial IntPtr Unpack(IntPtr saved, NodePointers node);

    [LibraryImport(Library, EntryPoint = "THSAutograd_SavedVariable_dispose")]
    internal static partial void ReleaseSaved(IntPtr saved);

    /// <summary>A native array of tensor handles.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal readonly record struct TensorArray(IntPtr Handles, long Length);

    /// <summary>A node as native code hands it out: a strong and a weak pointer.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal readonly record struct NodePointers(IntPtr Strong, IntPtr Weak);
}
