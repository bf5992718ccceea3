using System;
using System.Runtime.InteropServices;
using System.Threading;

namespace KnDsl.Training;

/// <summary>
/// The store that Gloo asks for the addresses of the other processes: an object of c10d's own kind whose functions are ours. c10d's own
/// clients throw C++ exceptions where a process does not come, and those end the program.
/// </summary>
/// <remarks>
/// Its table of virtual functions is that of c10d's HashStore, in which the functions that Gloo calls are found by their addresses and
/// replaced; so nothing depends on their order. The object stays for as long as the process does, as a group refers to it.
/// </remarks>
internal static unsafe class GlooStore
{
    // More than an object of c10d's needs; what follows its own fields is ours.
    private const int Size = 4096;
    private const int HandleAt = 2048;
    private const int TableLength = 29;

    // What precedes the functions: the offset to the object's top, and its type.
    private const int TableHead = 2;

    /// <summary>Makes a store of what the processes leave for each other.</summary>
    /// <exception cref="DistributedException">The table is not as expected.</exception>
    public static IntPtr Create(GlooLibrary library, Meeting meeting)
    {
        var table = (IntPtr*)NativeMemory.Alloc(TableLength, (nuint)sizeof(IntPtr));
        new ReadOnlySpan<IntPtr>((void*)library.StoreTable, TableLength).CopyTo(new(table, TableLength));
        Replace(table, library.StoreSet, (IntPtr)(delegate* unmanaged<IntPtr, IntPtr, IntPtr, void>)&Set);
        Replace(table, library.StoreGet, (IntPtr)(delegate* unmanaged<IntPtr, IntPtr, IntPtr, IntPtr>)&Get);
        Replace(table, library.StoreWait, (IntPtr)(delegate* unmanaged<IntPtr, IntPtr, long*, void>)&Wait);
        Replace(table, library.StoreHasExtendedApi, (IntPtr)(delegate* unmanaged<IntPtr, byte>)&HasExtendedApi);

        var store = (IntPtr)NativeMemory.AllocZeroed(Size);
        *(IntPtr**)store = table + TableHead;
        NativeObject.Hold(store);
        *(IntPtr*)(store + HandleAt) = GCHandle.ToIntPtr(GCHandle.Alloc(meeting));
        return store;
    }

    private static void Replace(IntPtr* table, IntPtr function, IntPtr by)
    {
        var at = new Span<IntPtr>(table, TableLength).IndexOf(function);
        if (at < TableHead)
            throw new DistributedException("libtorch's stores have other functions than those of version 2.10: use MPI as the engine.");
        table[at] = by;
    }

    private static Meeting MeetingOf(IntPtr store) => (Meeting)GCHandle.FromIntPtr(*(IntPtr*)(store + HandleAt)).Target!;

    [UnmanagedCallersOnly]
    private static void Set(IntPtr store, IntPtr key, IntPtr value) => Guarded(() =>
    {
        MeetingOf(store).Set(KeyOf(key), NativeText.OfVector(value).ToArray());
        return true;
    });

    [UnmanagedCallersOnly]
    private static IntPtr Get(IntPtr result, IntPtr store, IntPtr key)
    {
        NativeText.WriteVector(result, Guarded(() => MeetingOf(store).Find(KeyOf(key))));
        return result;
    }

    [UnmanagedCallersOnly]
    private static void Wait(IntPtr store, IntPtr keys, long* milliseconds)
    {
        foreach (var key in NativeText.OfStrings(keys))
            Guarded(() => MeetingOf(store).Find("gloo/" + key));
    }

    [UnmanagedCallersOnly]
    private static byte HasExtendedApi(IntPtr store) => 0;

    private static string KeyOf(IntPtr key) => "gloo/" + NativeText.OfString(key);

    /// <summary>
    /// Neither an exception nor a value that is none may go back to native code. So this thread, which only connects, stops here; who
    /// waits for it sees that it took too long.
    /// </summary>
    private static T Guarded<T>(Func<T?> function)
        where T : notnull
    {
        try
        {
            if (function() is { } result)
                return result;
        }
        catch (DistributedException)
        {
        }

        Thread.Sleep(Timeout.Infinite);
        throw new InvalidOperationException("The thread goes on.");
    }
}
