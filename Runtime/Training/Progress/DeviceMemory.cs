using System;
using System.Runtime.InteropServices;

namespace KnDsl.Training;

/// <summary>The memory of the CUDA device that the calling thread computes on, asked of the driver: TorchSharp does not tell.</summary>
internal static class DeviceMemory
{
    private static readonly GetInfo? Driver = Load();

    private delegate int GetInfo(out nuint free, out nuint total);

    /// <summary>Bytes in use by all processes, and in all; null where the thread has no device.</summary>
    public static (long Used, long Total)? Read() =>
        Driver is not null && Driver(out var free, out var total) == 0 ? ((long)(total - free), (long)total) : null;

    private static GetInfo? Load()
    {
        var name = OperatingSystem.IsWindows() ? "nvcuda.dll" : OperatingSystem.IsLinux() ? "libcuda.so.1" : null;
        return name is not null
            && NativeLibrary.TryLoad(name, out var library)
            && NativeLibrary.TryGetExport(library, "cuMemGetInfo_v2", out var function)
                ? Marshal.GetDelegateForFunctionPointer<GetInfo>(function)
                : null;
    }
}
