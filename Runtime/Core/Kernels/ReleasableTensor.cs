using System;
using System.ComponentModel;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Tensors whose memory can be given back to the system while the graph of autograd holds them, and asked for again: their addresses stay.
/// What they held is lost, and has to be written again before it is read. Torch does not see any of it.
/// </summary>
internal static unsafe partial class ReleasableTensor
{
    private const int ReadWrite = 1 | 2;

    // Native code knows the callback only; it must live as long as any tensor.
    private static readonly FreeCallback Free = Unmap;

    private static readonly nuint PageBytes = (nuint)Environment.SystemPageSize;

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate void FreeCallback(IntPtr data);

    /// <summary>An uninitialized contiguous tensor of another's shape and type, on a CPU.</summary>
    /// <exception cref="OutOfMemoryException">The system has no more memory.</exception>
    public static Tensor Like(Tensor other)
    {
        var bytes = Math.Max(1, (nuint)(other.numel() * other.dtype.ElementSize()));
        // The length is noted in a page of its own, which is never given back.
        var start = Map(PageBytes + bytes);
        *(nuint*)start = bytes;
        var data = start + (nint)PageBytes;
        var shape = other.shape;
        fixed (long* sizes = shape)
        {
            var type = (sbyte)other.dtype;
            var handle = Create(
                data, Free, (IntPtr)sizes, shape.Length, type, type, (int)DeviceType.CPU, deviceIndex: 0, requiresGrad: false);
            CheckForErrors();
            return Tensor.UnsafeCreateTensor(handle);
        }
    }

    /// <summary>Gives the memory back. Reading the tensor gives zeros on Linux and macOS, and is an access violation on Windows.</summary>
    /// <param name="tensor">One of <see cref="Like"/>, or its alias.</param>
    public static void Release(Tensor tensor)
    {
        var (data, bytes) = Memory(tensor);
        if (OperatingSystem.IsWindows())
            Check(Windows.VirtualFree(data, bytes, Windows.Decommit));
        else if (OperatingSystem.IsLinux())
            Check(Unix.Advise(data, bytes, Unix.DoNotNeed) == 0);
        else
            Check(Unix.Map(data, bytes, ReadWrite, Unix.PrivateAnonymous | Unix.Fixed, -1, 0) == data);
    }

    /// <summary>Asks for the memory again, to be written.</summary>
    /// <param name="tensor">One that was released.</param>
    /// <exception cref="OutOfMemoryException">The system has no more memory.</exception>
    public static void Restore(Tensor tensor)
    {
        // Elsewhere pages come back when they are written.
        if (!OperatingSystem.IsWindows())
            return;
        var (data, bytes) = Memory(tensor);
        if (Windows.VirtualAlloc(data, bytes, Windows.Commit, Windows.PageReadWrite) == IntPtr.Zero)
            throw new OutOfMemoryException($"There is no memory for {bytes} bytes.");
    }

    private static (IntPtr Data, nuint Bytes) Memory(Tensor tensor)
    {
        var data = (IntPtr)NativeTensor.Pointer<byte>(tensor);
        return (data, *(nuint*)(data - (nint)PageBytes));
    }

    private static IntPtr Map(nuint bytes)
    {
        var start = OperatingSystem.IsWindows()
            ? Windows.VirtualAlloc(IntPtr.Zero, bytes, Windows.Commit | Windows.Reserve, Windows.PageReadWrite)
            : Unix.Map(IntPtr.Zero, bytes, ReadWrite, Unix.PrivateAnonymous, -1, 0);
        return start != IntPtr.Zero && start != -1 ? start : throw new OutOfMemoryException($"There is no memory for {bytes} bytes.");
    }

    /// <summary>The tensor is gone. An exception must not cross into native code.</summary>
    private static void Unmap(IntPtr data)
    {
        var start = data - (nint)PageBytes;
        if (OperatingSystem.IsWindows())
            Windows.VirtualFree(start, 0, Windows.ReleaseAll);
        else
            Unix.Unmap(start, PageBytes + *(nuint*)start);
    }

    private static void Check(bool isDone)
    {
        if (!isDone)
            throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    [LibraryImport("LibTorchSharp", EntryPoint = "THSTensor_new")]
    private static partial IntPtr Create(
        IntPtr data, FreeCallback free, IntPtr sizes, int dimensions, sbyte type, sbyte targetType, int deviceType,
        int deviceIndex, [MarshalAs(UnmanagedType.U1)] bool requiresGrad);

    private static partial class Unix
    {
        public const int DoNotNeed = 4, Fixed = 0x10;

        public static readonly int PrivateAnonymous = 2 | (OperatingSystem.IsLinux() ? 0x20 : 0x1000);

        [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
        public static partial IntPtr Map(IntPtr address, nuint length, int protection, int flags, int file, nint offset);

        [LibraryImport("libc", EntryPoint = "munmap")]
        public static partial int Unmap(IntPtr address, nuint length);

        [LibraryImport("libc", EntryPoint = "madvise", SetLastError = true)]
        public static partial int Advise(IntPtr address, nuint length, int advice);
    }

    private static partial class Windows
    {
        public const uint Commit = 0x1000, Reserve = 0x2000, Decommit = 0x4000, ReleaseAll = 0x8000, PageReadWrite = 4;

        [LibraryImport("kernel32", SetLastError = true)]
        public static partial IntPtr VirtualAlloc(IntPtr address, nuint size, uint type, uint protection);

        [LibraryImport("kernel32", SetLastError = true)]
        [return: MarshalAs(UnmanagedType.Bool)]
        public static partial bool VirtualFree(IntPtr address, nuint size, uint type);
    }
}
