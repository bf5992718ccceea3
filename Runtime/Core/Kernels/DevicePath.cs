using System;
using TorchSharp;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Where work is sent to a device, and the host neither waits for it nor asks it for a number: a norm that asks stops the queue, dozens
/// of times in a step. A CPU has its own kernels, and looks at once.
/// </summary>
internal static class DevicePath
{
    [ThreadStatic]
    private static bool _isTakenOnCpu;

    /// <summary>Whether a tensor's work takes this path.</summary>
    public static bool IsTaken(Tensor tensor) => tensor.device_type != DeviceType.CPU || _isTakenOnCpu;

    /// <summary>Takes the path on a CPU too, in this thread, for tests: until the result is disposed.</summary>
    public static IDisposable TakeOnCpu()
    {
        _isTakenOnCpu = true;
        return new End();
    }

    private sealed class End : IDisposable
    {
        public void Dispose() => _isTakenOnCpu = false;
    }
}
