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

    [ThreadStatic]
    private static long _waits;

    /// <summary>How often this thread has waited for a number of a device, or of a CPU on this path.</summary>
    public static long Waits => _waits;

    /// <summary>Whether a tensor's work takes this path.</summary>
    public static bool IsTaken(Tensor tensor) => tensor.device_type != DeviceType.CPU || _isTakenOnCpu;

    /// <summary>Whether two tensors are on one device.</summary>
    public static bool AreTogether(Tensor one, Tensor other) =>
        one.device_type == other.device_type && one.device_index == other.device_index;

    /// <summary>Whether two are one device: each asking for a tensor's makes another object, and objects are equal to none.</summary>
    public static bool AreTogether(Device one, Device other) => one.type == other.type && one.index == other.index;

    /// <summary>Waits for all work that was sent to a device; a CPU has none that is queued.</summary>
    public static void Synchronize(Device device)
    {
        if (device.type != DeviceType.CPU || _isTakenOnCpu)
            _waits++;
        if (device.type == DeviceType.CUDA)
            cuda.synchronize(device);
    }

    /// <summary>Reads a number, and waits for the device that computes it: a norm does so nowhere else.</summary>
    /// <param name="number">[].</param>
    public static T Read<T>(Tensor number)
        where T : unmanaged
    {
        if (IsTaken(number))
            _waits++;
        return number.item<T>();
    }

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
