using System;
using System.Collections.Concurrent;
using System.IO;
using System.Linq;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// The kernels of this folder, compiled for a CUDA device where the program runs, when a type is first used. Where that cannot be done,
/// standard error says why, once, and torch's operations do the work; so they do where a program's runtimeconfig.json has the switch
/// <c>KnDsl.CudaKernels</c> off.
/// </summary>
internal sealed unsafe class CudaKernels : DeviceKernels
{
    private const int BlockSize = 256;

    private static readonly string[] Files = ["Common.cu", "Filter.cu", "Step.cu", "Sum.cu", "Moments.cu"];

    private static readonly ConcurrentDictionary<int, Lazy<CudaKernels?>> OfDevices = [];

    private static readonly bool IsOff = AppContext.TryGetSwitch("KnDsl.CudaKernels", out var isOn) && !isOn;

    // Null where they could not be compiled.
    private readonly ConcurrentDictionary<(ScalarType Value, ScalarType Weight), IntPtr?> _modules = [];
    private readonly ConcurrentDictionary<(ScalarType Value, ScalarType Weight, string Name), IntPtr> _functions = [];
    private readonly CudaDriver _driver;
    private readonly Nvrtc _compiler;
    private readonly CudaDriver.Device _device;
    private readonly int _index;

    private CudaKernels(int index)
    {
        (_driver, _compiler) = (CudaDriver.Load(), Nvrtc.Load());
        (_index, _device) = (index, _driver.Open(index));
    }

    public override int Threads => BlockSize;

    /// <summary>The kernels of a device; null where they cannot be compiled.</summary>
    /// <param name="index">The number of the device.</param>
    public static CudaKernels? Of(int index) => IsOff ? null : OfDevices.GetOrAdd(index, static device => new(() => Create(device))).Value;

    private static CudaKernels? Create(int index)
    {
        try
        {
            return new(index);
        }
        catch (Exception exception) when (IsOfCuda(exception))
        {
            Report(index, exception);
            return null;
        }
    }

    private static bool IsOfCuda(Exception exception) => exception is CudaException or DllNotFoundException or EntryPointNotFoundException
        or BadImageFormatException or IOException or UnauthorizedAccessException;

    private static void Report(int index, Exception exception) => Console.Error.WriteLine(
        $"KnDsl: normalization layers run on cuda:{index} by torch's operations, which is slower: {exception.Message}");

    private protected override bool Has(ScalarType value, ScalarType weight) => Module(value, weight) is not null;

    private protected override void Launch(
        string kernel, ScalarType value, ScalarType weight, (uint X, uint Y, uint Z) grid, void* argument) =>
        _driver.Launch(_device, Function(kernel, value, weight), grid, BlockSize, argument);

    private IntPtr Function(string name, ScalarType value, ScalarType weight) => _functions.GetOrAdd(
        (value, weight, name), key => _driver.Function(_device, Module(key.Value, key.Weight)!.Value, key.Name));

    private IntPtr? Module(ScalarType value, ScalarType weight) =>
        _modules.GetOrAdd((value, weight), key => Compile(key.Value, key.Weight));

    private IntPtr? Compile(ScalarType value, ScalarType weight)
    {
        try
        {
            return _driver.Module(_device, _compiler.Compile(Source(value, weight), _device.Capability));
        }
        catch (CudaException exception)
        {
            Report(_index, exception);
            return null;
        }
    }

    /// <summary>The source for types of values and weights.</summary>
    public static string Source(ScalarType value, ScalarType weight)
    {
        var number = value switch
        {
            ScalarType.Float32 => 0,
            ScalarType.Float64 => 1,
            ScalarType.Float16 => 2,
            ScalarType.BFloat16 => 3,
            _ => throw new ArgumentOutOfRangeException(nameof(value), value, "Kernels take floating point values."),
        };
        var real = weight == ScalarType.Float64 ? "double" : "float";
        return $"#define VALUE {number}\n#define REAL {real}\n" + string.Concat(Files.Select(Read));
    }

    private static string Read(string file)
    {
        using var stream = typeof(CudaKernels).Assembly.GetManifestResourceStream(file)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
