using System;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Gives the memory of tensors back while the graph of autograd holds them, and puts other memory in its place. Neither libtorch nor
/// TorchSharp has functions for it: the objects of a tensor and of its storage are read where they are, if they are as expected.
/// </summary>
internal sealed unsafe class TensorMemory
{
    /// <summary>Where an object has its first member: after a table of functions and one or two counters of references.</summary>
    private static readonly int[] Places = [16, 24];

    /// <summary>What a storage begins with: address, two words of who frees it and how, device; then the number of bytes.</summary>
    private const int Words = 5;

    private const int Bytes = Words - 1;

    private readonly int _place;

    private TensorMemory(int place) => _place = place;

    /// <summary>For the library that TorchSharp has loaded; null for one of another kind.</summary>
    public static TensorMemory? Instance { get; } = Find();

    /// <summary>Gives the memory of a tensor of a CPU back, whose aliases must not be read then.</summary>
    /// <returns>What <see cref="Restore"/> needs.</returns>
    public nuint Release(Tensor tensor)
    {
        var bytes = (nuint)Memory(tensor)[Bytes];
        using var nothing = empty(0, dtype: ScalarType.Byte, device: CPU);
        Exchange(tensor, nothing);
        return bytes;
    }

    /// <summary>Asks for memory again: for all aliases, uninitialized.</summary>
    public void Restore(Tensor tensor, nuint bytes)
    {
        using var fresh = empty((long)bytes, dtype: ScalarType.Byte, device: CPU);
        Exchange(tensor, fresh);
    }

    /// <summary>Exchanges the memory of two tensors, and of all their aliases. The graph does not count it as a change.</summary>
    public void Exchange(Tensor one, Tensor other)
    {
        var a = Memory(one);
        var b = Memory(other);
        for (var i = 0; i < Words; i++)
            (a[i], b[i]) = (b[i], a[i]);
    }

    /// <summary>The bytes that a tensor and its aliases have; 0 after <see cref="Release"/>.</summary>
    public nint BytesOf(Tensor tensor) => Memory(tensor)[Bytes];

    /// <summary>What tells a tensor from others: handles of it, and what the graph has saved under it, have the same.</summary>
    public static IntPtr Identity(Tensor tensor) => *(IntPtr*)tensor.Handle;

    /// <summary>What tells its memory from that of others: views of it have the same.</summary>
    public IntPtr Storage(Tensor tensor) => *(IntPtr*)(Identity(tensor) + _place);

    /// <summary>How many hold a tensor: handles, and nodes of the graph.</summary>
    public static uint Holders(Tensor tensor) => Count(Identity(tensor));

    /// <summary>How many tensors have its memory: itself and views.</summary>
    public uint Aliases(Tensor tensor) => Count(Storage(tensor));

    private static TensorMemory? Find()
    {
        if (LoadedLibrary.PathOfTorch() is null
            || LoadedLibrary.PathOf("libc10.so") is not { } path || !NativeLibrary.TryLoad(path, out var core)
            || !NativeLibrary.TryGetExport(core, "_ZTVN3c1011StorageImplE", out var table))
        {
            return null;
        }

        // A table of functions is pointed to after its two first words.
        using var probe = zeros(3, dtype: ScalarType.Float32, device: CPU);
        foreach (var place in Places)
        {
            var found = new TensorMemory(place);
            var storage = found.Storage(probe);
            if (storage > 1 << 16 && storage % sizeof(IntPtr) == 0 && *(IntPtr*)storage == table + 2 * sizeof(IntPtr))
                return found.IsAsExpected(probe) ? found : null;
        }

        return null;
    }

    /// <summary>Whether address, bytes and counters of a new tensor of 3 numbers are where they are looked for.</summary>
    private bool IsAsExpected(Tensor probe)
    {
        var isAlone = Holders(probe) == 1 && Aliases(probe) == 1;
        using var handle = probe.alias();
        using var view = probe.detach();
        return isAlone && Holders(probe) == 2 && Aliases(probe) == 2
            && *Memory(probe) == (nint)NativeTensor.Pointer<float>(probe) && BytesOf(probe) == 3 * sizeof(float);
    }

    private nint* Memory(Tensor tensor) => (nint*)(Storage(tensor) + _place);

    /// <summary>The counter of references of an object, the lower half of its second word.</summary>
    private static uint Count(IntPtr instance) => *(uint*)(instance + sizeof(IntPtr));
}
