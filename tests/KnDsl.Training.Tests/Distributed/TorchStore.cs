using System;
using System.Runtime.InteropServices;
using System.Threading;

namespace KnDsl.Training.Tests;

/// <summary>c10d's own TCPStore, as torchrun's agent has one.</summary>
internal static unsafe class TorchStore
{
    private const string Constructor = "_ZN4c10d8TCPStoreC1ENSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEERKNS_15TCPStoreOptionsE";

    /// <summary>Answers on a port for a time.</summary>
    public static void Serve(int port, TimeSpan time)
    {
        var construct = (delegate* unmanaged<IntPtr, IntPtr, IntPtr, void>)NativeLibrary.GetExport(
            NativeLibrary.Load(LoadedLibrary.PathOfTorch()!), Constructor);
        // A std::string of a few letters holds them itself.
        var host = stackalloc byte[32];
        *(byte**)host = host + 16;
        ((long*)host)[1] = 9;
        "127.0.0.1"u8.CopyTo(new(host + 16, 16));
        // TCPStoreOptions: the port, whether it is a server, how many workers, whether to wait for them, the timeout, and which kind of
        // server: 1, libuv.
        var options = stackalloc byte[64];
        new Span<byte>(options, 64).Clear();
        *(ushort*)options = (ushort)port;
        options[2] = 1;
        *(long*)(options + 32) = 10_000;
        options[52] = 1;
        construct((IntPtr)NativeMemory.AllocZeroed(8192), (IntPtr)host, (IntPtr)options);
        Thread.Sleep(time);
        // Nothing is taken apart: the process ends.
        Environment.Exit(0);
    }
}
