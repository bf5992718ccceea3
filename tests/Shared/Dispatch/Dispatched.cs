using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace KnDsl.Tests;

/// <summary>
/// Counts the operations that libtorch dispatches, by its callbacks for profilers (at::RecordFunction), which TorchSharp does not bind.
/// </summary>
internal static unsafe class Dispatched
{
    private static readonly Dictionary<string, int> Counts = [];

    private static delegate* unmanaged[Cdecl]<IntPtr, IntPtr> _name;

    /// <summary>at::RecordFunctionCallback: two functions, a share of calls, and which scopes; the first scope is operators.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Callback
    {
        public IntPtr Start;
        public IntPtr End;
        public double Share;
        public ulong Scopes;
        public ulong Rest;
    }

    /// <summary>The operations of an action by name, such as <c>aten::mul</c>, of all threads. One count at a time.</summary>
    /// <returns>Null where libtorch is not on Linux: its functions are found by their names there.</returns>
    public static IReadOnlyDictionary<string, int>? By(Action action)
    {
        if (!OperatingSystem.IsLinux())
            return null;
        get_num_threads();
        var path = File.ReadLines("/proc/self/maps").First(line => line.EndsWith("/libtorch_cpu.so", StringComparison.Ordinal));
        var library = NativeLibrary.Load(path[path.IndexOf('/', StringComparison.Ordinal)..]);
        _name = (delegate* unmanaged[Cdecl]<IntPtr, IntPtr>)NativeLibrary.GetExport(library, "_ZNK2at14RecordFunction4nameEv");
        var add = (delegate* unmanaged[Cdecl]<Callback, ulong>)NativeLibrary.GetExport(
            library, "_ZN2at17addGlobalCallbackENS_22RecordFunctionCallbackE");
        var remove = (delegate* unmanaged[Cdecl]<ulong, void>)NativeLibrary.GetExport(library, "_ZN2at14removeCallbackEm");
        Counts.Clear();
        delegate* unmanaged[Cdecl]<IntPtr*, IntPtr, IntPtr*> start = &Start;
        var handle = add(new Callback { Start = (IntPtr)start, Share = 1, Scopes = 1 });
        try
        {
            action();
        }
        finally
        {
            remove(handle);
        }

        return new Dictionary<string, int>(Counts);
    }

    /// <summary>Called where an operation begins. The result is a smart pointer of the caller's, and stays null.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static IntPtr* Start(IntPtr* result, IntPtr function)
    {
        *result = IntPtr.Zero;
        if (Marshal.PtrToStringUTF8(_name(function)) is { } name)
        {
            lock (Counts)
                Counts[name] = Counts.GetValueOrDefault(name) + 1;
        }

        return result;
    }
}
