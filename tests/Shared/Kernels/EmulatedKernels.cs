using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace KnDsl.Tests;

/// <summary>The kernels of devices, compiled for this processor with a few threads a block: what they compute, not how fast.</summary>
internal sealed unsafe class EmulatedKernels : DeviceKernels
{
    private const int BlockSize = 4;

    private static readonly Dictionary<string, string> Kernels = new()
    {
        ["observe"] = "Filter", ["filter_statistics"] = "Filter", ["write_output"] = "Filter",
        ["gradient_sums"] = "Gradient", ["gradient_statistics"] = "Gradient", ["gradient_value"] = "Gradient",
        ["step_inputs"] = "Step", ["step_outputs"] = "Step", ["step_factors"] = "Step", ["step_gradient"] = "Step",
        ["step_source"] = "Step", ["pieces"] = "Pieces", ["pieces_gradient"] = "Pieces",
        ["sum_moments"] = "Sum", ["sum_moments_gradient"] = "Sum",
    };

    private static readonly Lazy<(EmulatedKernels? Kernels, string Reason)> Made = new(Make);

    /// <summary>The most blocks in a device's second and third dimensions.</summary>
    private const uint MostInGrid = 65535;

    private readonly Dictionary<ScalarType, IntPtr> _libraries;
    private readonly Dictionary<string, int> _launched = [];

    private EmulatedKernels(Dictionary<ScalarType, IntPtr> libraries) => _libraries = libraries;

    /// <summary>The kernels; null where there is no compiler of C++.</summary>
    public static EmulatedKernels? Instance => Made.Value.Kernels;

    /// <summary>Why there are none.</summary>
    public static string Reason => Made.Value.Reason;

    public override int Threads => BlockSize;

    /// <summary>How often each kernel was started.</summary>
    public IReadOnlyDictionary<string, int> Launched => _launched;

    /// <summary>Takes them in this thread, on the path that a device takes, until the result is disposed.</summary>
    public IDisposable Take()
    {
        _launched.Clear();
        return new Both(DevicePath.TakeOnCpu(), Substitute(this));
    }

    private protected override bool Has(ScalarType value, ScalarType weight) => value == weight;

    private protected override void Launch(
        string kernel, ScalarType value, ScalarType weight, (uint X, uint Y, uint Z) grid, void* argument)
    {
        if (grid.Y > MostInGrid || grid.Z > MostInGrid)
            throw new InvalidOperationException($"No device starts {kernel} with a grid of {grid}.");
        _launched[kernel] = _launched.GetValueOrDefault(kernel) + 1;
        var run = (delegate* unmanaged<uint, uint, uint, void*, void>)NativeLibrary.GetExport(_libraries[weight], $"run_{kernel}");
        run(grid.X, grid.Y, grid.Z, argument);
    }

    private static (EmulatedKernels?, string) Make()
    {
        var folder = Directory.CreateTempSubdirectory("kndsl-kernels-").FullName;
        var header = Path.Combine(Repository.Root, "tests", "Shared", "Kernels", "Emulation.h");
        var libraries = new Dictionary<ScalarType, IntPtr>();
        foreach (var type in new[] { ScalarType.Float32, ScalarType.Float64 })
        {
            var (source, library) = (Path.Combine(folder, $"{type}.cpp"), Path.Combine(folder, $"{type}.so"));
            File.WriteAllText(source, $"#define THREADS {BlockSize}\n#include \"{header}\"\n{CudaKernels.Source(type, type)}\n"
                + string.Concat(Kernels.Select(kernel => $"KERNEL({kernel.Key}, {kernel.Value})\n")));
            try
            {
                using var compiler = Process.Start(new ProcessStartInfo(
                    "g++",
                    [
                        "-std=c++17", "-O1", "-Wall", "-Wno-unused-function", "-Werror", "-shared", "-fPIC", "-pthread", source,
                        "-o", library,
                    ])
                {
                    RedirectStandardError = true,
                })!;
                var errors = compiler.StandardError.ReadToEnd();
                compiler.WaitForExit();
                if (compiler.ExitCode != 0)
                    throw new InvalidOperationException($"The kernels do not compile: {errors}");
            }
            catch (System.ComponentModel.Win32Exception)
            {
                return (null, "There is no g++ here to compile the kernels with.");
            }

            libraries[type] = NativeLibrary.Load(library);
        }

        return (new(libraries), "");
    }

    private sealed class Both(IDisposable first, IDisposable second) : IDisposable
    {
        public void Dispose()
        {
            second.Dispose();
            first.Dispose();
        }
    }
}
