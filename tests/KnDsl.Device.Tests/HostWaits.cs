using System;
using System.Runtime.InteropServices;

namespace KnDsl.Device.Tests;

/// <summary>
/// libtorch's sync debug mode (<c>torch.cuda.set_sync_debug_mode</c> in Python), which TorchSharp does not bind: an operation for which the
/// host waits for the device is an error.
/// </summary>
internal static unsafe class HostWaits
{
    // c10::cuda::WarningState, the state of c10::cuda::warning_state(): its only field is the mode.
    private const string State = "_ZZN3c104cuda13warning_stateEvE14warning_state_";

    private const int Allowed = 0;
    private const int Error = 2;

    private static readonly Lazy<IntPtr> Mode = new(() =>
    {
        foreach (var name in new[] { "libc10_cuda.so", "libtorch_cuda.so" })
        {
            if (LoadedLibrary.PathOf(name) is { } path && NativeLibrary.TryGetExport(NativeLibrary.Load(path), State, out var state))
                return state;
        }

        throw new InvalidOperationException($"Neither libc10_cuda.so nor libtorch_cuda.so has {State}.");
    });

    /// <summary>Runs an action in which a wait is an error.</summary>
    public static void Forbid(Action action)
    {
        var mode = (int*)Mode.Value;
        *mode = Error;
        try
        {
            action();
        }
        finally
        {
            *mode = Allowed;
        }
    }
}
