using System;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Gives the memory of tensors back while the graph of autograd holds them, and asks for it again. TorchSharp does not bind what libtorch
/// has for it (at::native::resize_bytes_cpu).
/// </summary>
internal sealed unsafe class TensorMemory
{
    /// <summary>Where a tensor's object has its storage: after a table of functions and one or two counters of references.</summary>
    private static readonly int[] Places = [16, 24];

    private readonly delegate* unmanaged[Cdecl]<IntPtr, nuint, void> _resize;
    private readonly int _place;

    private TensorMemory(IntPtr resize, int place)
    {
        _resize = (delegate* unmanaged[Cdecl]<IntPtr, nuint, void>)resize;
        _place = place;
    }

    /// <summary>The functions of the library that TorchSharp has loaded; null in one of another kind.</summary>
    public static TensorMemory? Instance { get; } = Find();

    /// <summary>Gives the memory of a tensor of a CPU back, whose aliases must not be read then.</summary>
    /// <returns>What <see cref="Restore"/> needs.</returns>
    public nuint Release(Tensor tensor)
    {
        var bytes = (nuint)(tensor.numel() * tensor.dtype.ElementSize());
        _resize(Storage(tensor), 0);
        return bytes;
    }

    /// <summary>Asks for the memory again: for all aliases, uninitialized.</summary>
    public void Restore(Tensor tensor, nuint bytes) => _resize(Storage(tensor), bytes);

    private static TensorMemory? Find()
    {
        var torch = LoadedLibrary.PathOfTorch();
        if (torch is null || !NativeLibrary.TryLoad(torch, out var library)
            || !NativeLibrary.TryGetExport(library, "_ZN2at6native16resize_bytes_cpuEPN3c1011StorageImplEm", out var resize)
            || LoadedLibrary.PathOf("libc10.so") is not { } path || !NativeLibrary.TryLoad(path, out var core)
            || !NativeLibrary.TryGetExport(core, "_ZTVN3c1011StorageImplE", out var table))
        {
            return null;
        }

        // A table of functions is pointed to after its two first words.
        using var probe = zeros(1, dtype: ScalarType.Float32, device: CPU);
        var tensor = *(IntPtr*)probe.Handle;
        foreach (var place in Places)
        {
            var storage = *(IntPtr*)(tensor + place);
            if (storage > 1 << 16 && storage % sizeof(IntPtr) == 0 && *(IntPtr*)storage == table + 2 * sizeof(IntPtr))
                return new(resize, place);
        }

        return null;
    }

    private IntPtr Storage(Tensor tensor) => *(IntPtr*)(*(IntPtr*)tensor.Handle + _place);
}
