using System;
using System.Runtime.InteropServices;
using System.Threading;
using TorchSharp;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Large tensors that live for a moment, in memory that is used again. Fresh memory of megabytes comes from the operating
/// system page by page, which costs more than the work on it; torch gives it back each time.
/// </summary>
internal static unsafe partial class RecycledTensor
{
    // Below this, torch's allocator has memory at hand.
    private const nuint MinBlockBytes = 1 << 20;

    private const nuint Alignment = 64;

    // Native code knows the callback only; it must live as long as any tensor.
    private static readonly FreeCallback Free = Release;

    /// <summary>One block that is not in use, or null; its capacity is stored before it.</summary>
    private static IntPtr _idle;

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate void FreeCallback(IntPtr block);

    /// <summary>An uninitialized contiguous tensor of another's shape, type and device (a CPU).</summary>
    public static Tensor Like(Tensor other)
    {
        var bytes = (nuint)(other.numel() * other.dtype.ElementSize());
        if (bytes < MinBlockBytes)
            return empty_like(other);

        var block = Rent(bytes);
        var shape = other.shape;
        fixed (long* sizes = shape)
        {
            var type = (sbyte)other.dtype;
            var handle = Create(
                block, Free, (IntPtr)sizes, shape.Length, type, type, (int)DeviceType.CPU, deviceIndex: 0, requiresGrad: false);
            CheckForErrors();
            return Tensor.UnsafeCreateTensor(handle);
        }
    }

    private static IntPtr Rent(nuint bytes)
    {
        // A block that is much too large might be kept as a small parameter's gradient.
        var idle = Interlocked.Exchange(ref _idle, IntPtr.Zero);
        if (idle != IntPtr.Zero && Capacity(idle) is var capacity && capacity >= bytes && capacity / 8 <= bytes)
            return idle;
        if (idle != IntPtr.Zero)
            Release(idle);

        var start = (IntPtr)NativeMemory.AlignedAlloc(bytes + Alignment, Alignment);
        *(nuint*)start = bytes;
        return start + (nint)Alignment;
    }

    /// <summary>Keeps the larger of this block and the idle one; an exception must not cross into native code.</summary>
    private static void Release(IntPtr block)
    {
        var other = Interlocked.Exchange(ref _idle, IntPtr.Zero);
        var keeps = other == IntPtr.Zero || Capacity(block) >= Capacity(other);
        var (kept, freed) = keeps ? (block, other) : (other, block);
        FreeBlock(freed);
        FreeBlock(Interlocked.Exchange(ref _idle, kept));
    }

    private static void FreeBlock(IntPtr block)
    {
        if (block != IntPtr.Zero)
            NativeMemory.AlignedFree((void*)(block - (nint)Alignment));
    }

    private static nuint Capacity(IntPtr block) => *(nuint*)(block - (nint)Alignment);

    [LibraryImport("LibTorchSharp", EntryPoint = "THSTensor_new")]
    private static partial IntPtr Create(
        IntPtr data, FreeCallback free, IntPtr sizes, int dimensions, sbyte type, sbyte targetType, int deviceType,
        int deviceIndex, [MarshalAs(UnmanagedType.U1)] bool requiresGrad);
}
