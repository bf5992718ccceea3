using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>A tensor's memory, without the checks and copies of the managed accessors.</summary>
internal static partial class NativeTensor
{
    /// <summary>The address of a tensor's elements.</summary>
    public static unsafe T* Pointer<T>(Tensor tensor)
        where T : unmanaged => (T*)Data(tensor.Handle);

    /// <summary>The address of a tensor's elements, on whatever device; 0 for none.</summary>
    public static nint Address(Tensor? tensor) => tensor is null ? 0 : Data(tensor.Handle);

    /// <summary>
    /// Keeps tensors until here, whose addresses were read before: when nobody names a tensor any more, it is freed, in the middle of a
    /// loop over its memory too.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Keep(params ReadOnlySpan<Tensor?> tensors) => GC.KeepAlive(tensors.Length == 0 ? null : tensors[^1]);

    [LibraryImport("LibTorchSharp", EntryPoint = "THSTensor_data")]
    private static partial IntPtr Data(IntPtr tensor);
}
