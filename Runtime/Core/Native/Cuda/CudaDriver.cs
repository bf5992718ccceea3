using System;
using System.Runtime.InteropServices;
using System.Text;

namespace KnDsl;

/// <summary>What of CUDA's driver it takes to run kernels beside torch's: on the same device, in its context and its stream.</summary>
internal sealed unsafe class CudaDriver
{
    private const int ComputeCapabilityMajor = 75;
    private const int ComputeCapabilityMinor = 76;

    private static readonly string[] Names = ["libcuda.so.1", "nvcuda.dll"];

    private readonly delegate* unmanaged<int, byte**, int> _textOf;
    private readonly delegate* unmanaged<IntPtr*, int, int> _retainContext;
    private readonly delegate* unmanaged<int*, int, int, int> _attribute;
    private readonly delegate* unmanaged<IntPtr, int> _push;
    private readonly delegate* unmanaged<IntPtr*, int> _pop;
    private readonly delegate* unmanaged<IntPtr*, byte*, int> _loadModule;
    private readonly delegate* unmanaged<IntPtr*, IntPtr, byte*, int> _findFunction;
    private readonly delegate* unmanaged<IntPtr, uint, uint, uint, uint, uint, uint, uint, IntPtr, void**, void**, int> _launch;

    private CudaDriver(IntPtr library)
    {
        IntPtr Find(string name) => NativeLibrary.GetExport(library, name);
        _textOf = (delegate* unmanaged<int, byte**, int>)Find("cuGetErrorString");
        _retainContext = (delegate* unmanaged<IntPtr*, int, int>)Find("cuDevicePrimaryCtxRetain");
        _attribute = (delegate* unmanaged<int*, int, int, int>)Find("cuDeviceGetAttribute");
        _push = (delegate* unmanaged<IntPtr, int>)Find("cuCtxPushCurrent_v2");
        _pop = (delegate* unmanaged<IntPtr*, int>)Find("cuCtxPopCurrent_v2");
        _loadModule = (delegate* unmanaged<IntPtr*, byte*, int>)Find("cuModuleLoadData");
        _findFunction = (delegate* unmanaged<IntPtr*, IntPtr, byte*, int>)Find("cuModuleGetFunction");
        _launch = (delegate* unmanaged<IntPtr, uint, uint, uint, uint, uint, uint, uint, IntPtr, void**, void**, int>)
            Find("cuLaunchKernel");
        Check(((delegate* unmanaged<uint, int>)Find("cuInit"))(0), "cuInit");
    }

    /// <summary>A device in the context that torch uses.</summary>
    /// <param name="Context">The primary context.</param>
    /// <param name="Capability">The compute capability: 90 is 9.0.</param>
    internal readonly record struct Device(IntPtr Context, int Capability);

    /// <summary>The driver.</summary>
    /// <exception cref="DllNotFoundException">There is none.</exception>
    public static CudaDriver Load()
    {
        foreach (var name in Names)
        {
            if (NativeLibrary.TryLoad(name, out var library))
                return new(library);
        }

        throw new DllNotFoundException($"CUDA's driver ({string.Join(" or ", Names)}) was not found.");
    }

    /// <summary>A device by its number.</summary>
    public Device Open(int index)
    {
        IntPtr context;
        Check(_retainContext(&context, index), "cuDevicePrimaryCtxRetain");
        int major, minor;
        Check(_attribute(&major, ComputeCapabilityMajor, index), "cuDeviceGetAttribute");
        Check(_attribute(&minor, ComputeCapabilityMinor, index), "cuDeviceGetAttribute");
        return new(context, 10 * major + minor);
    }

    /// <summary>Loads compiled code, which ends with a zero where it is text.</summary>
    public IntPtr Module(Device device, byte[] image)
    {
        using var context = Enter(device);
        IntPtr module;
        fixed (byte* bytes = image)
            Check(_loadModule(&module, bytes), "cuModuleLoadData");
        return module;
    }

    /// <summary>A kernel of loaded code.</summary>
    public IntPtr Function(Device device, IntPtr module, string name)
    {
        using var context = Enter(device);
        IntPtr function;
        fixed (byte* bytes = Encoding.UTF8.GetBytes(name + "\0"))
            Check(_findFunction(&function, module, bytes), $"cuModuleGetFunction({name})");
        return function;
    }

    /// <summary>Starts a kernel of one argument on the default stream, on which torch computes.</summary>
    public void Launch(Device device, IntPtr function, (uint X, uint Y, uint Z) grid, uint threads, void* argument)
    {
        using var context = Enter(device);
        var arguments = stackalloc void*[] { argument };
        Check(_launch(function, grid.X, grid.Y, grid.Z, threads, 1, 1, 0, default, arguments, null), "cuLaunchKernel");
    }

    /// <summary>Makes a device's context this thread's, until the result is disposed.</summary>
    private Current Enter(Device device)
    {
        Check(_push(device.Context), "cuCtxPushCurrent");
        return new(_pop);
    }

    private readonly struct Current(delegate* unmanaged<IntPtr*, int> pop) : IDisposable
    {
        public void Dispose()
        {
            IntPtr popped;
            pop(&popped);
        }
    }

    private void Check(int code, string call)
    {
        if (code == 0)
            return;
        byte* text;
        throw new CudaException(
            $"{call} failed with {code}{(_textOf(code, &text) == 0 ? $": {Marshal.PtrToStringUTF8((IntPtr)text)}" : "")}.");
    }
}
