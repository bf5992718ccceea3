using System;
using TorchSharp;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Kernels of our own for the statistics of a device: a filter that is composed of torch's operations takes some 180 of them, and what it
/// takes to start them is more than what they compute.
/// </summary>
internal abstract unsafe class DeviceKernels
{
    [ThreadStatic]
    private static DeviceKernels? _substitute;

    /// <summary>The threads of a block.</summary>
    public abstract int Threads { get; }

    /// <summary>The kernels for where a value is, of its type and that of its weights; null where there are none.</summary>
    /// <param name="value">The value.</param>
    /// <param name="weight">The type of weights and statistics.</param>
    public static DeviceKernels? For(Tensor value, ScalarType weight)
    {
        if (!Take(value.dtype, weight))
            return null;
        var kernels = _substitute ?? (value.device_type == DeviceType.CUDA ? CudaKernels.Of(value.device_index) : null);
        return kernels is not null && kernels.Has(value.dtype, weight) ? kernels : null;
    }

    /// <summary>Takes other kernels in this thread, or none, for tests: until the result is disposed.</summary>
    public static IDisposable Substitute(DeviceKernels kernels)
    {
        _substitute = kernels;
        return new End();
    }

    /// <summary>Whether there are kernels for these types of values and weights.</summary>
    public static bool Take(ScalarType value, ScalarType weight) => weight switch
    {
        ScalarType.Float32 => value is ScalarType.Float32 or ScalarType.Float16 or ScalarType.BFloat16,
        ScalarType.Float64 => value is ScalarType.Float64,
        _ => false,
    };

    /// <summary>Whether the kernels for these types can be had.</summary>
    private protected abstract bool Has(ScalarType value, ScalarType weight);

    /// <summary>Starts a kernel on the stream on which torch computes, and does not wait for it.</summary>
    /// <param name="kernel">Its name.</param>
    /// <param name="value">The type of values.</param>
    /// <param name="weight">The type of weights and statistics.</param>
    /// <param name="grid">The blocks of threads.</param>
    /// <param name="parameters">Its only argument.</param>
    public void Launch<T>(string kernel, ScalarType value, ScalarType weight, (long X, long Y, long Z) grid, in T parameters)
        where T : unmanaged
    {
        fixed (T* argument = &parameters)
            Launch(kernel, value, weight, checked(((uint)grid.X, (uint)grid.Y, (uint)grid.Z)), argument);
    }

    /// <summary>Blocks whose threads pass over elements, each perhaps several times.</summary>
    public (long X, long Y, long Z) Over(long elements) => (Math.Clamp((elements + Threads - 1) / Threads, 1, 4096), 1, 1);

    private protected abstract void Launch(
        string kernel, ScalarType value, ScalarType weight, (uint X, uint Y, uint Z) grid, void* argument);

    private sealed class End : IDisposable
    {
        public void Dispose() => _substitute = null;
    }
}
