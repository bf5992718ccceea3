using System;
using System.Threading;

namespace KnDsl.Training;

/// <summary>
/// c10's objects that count their references: after the pointer to the virtual functions, 32 bits of owners and 32 bits of observers, of
/// which all owners together are one.
/// </summary>
internal static unsafe class NativeObject
{
    private const int OwnersAt = 8;
    private const int ObserversAt = 12;
    private const int Many = 1000;

    /// <summary>Keeps an object in memory of ours from ever being deleted by those who refer to it.</summary>
    public static void Hold(IntPtr target)
    {
        *(int*)(target + OwnersAt) = Many;
        *(int*)(target + ObserversAt) = Many;
    }

    /// <summary>Gives up one reference, and deletes the object if it was the last.</summary>
    public static void Release(IntPtr target)
    {
        var (owners, observers) = (*(int*)(target + OwnersAt), *(int*)(target + ObserversAt));
        // Counts as they cannot be: then it stays, rather than anything be overwritten.
        if (owners is < 1 or > Many || observers is < 1 or > Many)
            return;
        if (Interlocked.Decrement(ref *(int*)(target + OwnersAt)) == 0 && Interlocked.Decrement(ref *(int*)(target + ObserversAt)) == 0)
            ((delegate* unmanaged<IntPtr, void>)((IntPtr**)target)[0][1])(target);
    }
}
