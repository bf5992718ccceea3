using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Runtime.Tests;

/// <summary>The kernels are CUDA: clang compiles them to PTX without a GPU and without CUDA, where it is installed.</summary>
public sealed class CudaCompilationTests
{
    [ClangTheory]
    [InlineData(ScalarType.Float32, ScalarType.Float32)]
    [InlineData(ScalarType.Float64, ScalarType.Float64)]
    [InlineData(ScalarType.Float16, ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16, ScalarType.Float32)]
    public void Kernels_compile_to_PTX(ScalarType value, ScalarType weight)
    {
        var folder = Directory.CreateTempSubdirectory("kndsl-cuda-").FullName;
        try
        {
            var (source, result) = (Path.Combine(folder, "kernels.cu"), Path.Combine(folder, "kernels.ptx"));
            var header = Path.Combine(Repository.Root, "tests", "Shared", "Kernels", "Cuda.h");
            var kernels = CudaKernels.Source(value, weight);
            File.WriteAllText(source, $"#include \"{header}\"\n{kernels}");
            using var compiler = Process.Start(new ProcessStartInfo(
                ClangTheoryAttribute.Compiler!,
                [
                    "-x", "cuda", "--cuda-gpu-arch=sm_70", "--cuda-device-only", "-nocudainc", "-nocudalib", "-Wall", "-Werror", "-S",
                    source, "-o", result,
                ])
            {
                RedirectStandardError = true,
            })!;
            var errors = compiler.StandardError.ReadToEnd();
            compiler.WaitForExit();
            Assert.True(compiler.ExitCode == 0, errors);
            // Each kernel is there by its name, for the driver to find it.
            Assert.Equal(
                kernels.Split("extern \"C\" __global__").Length - 1,
                File.ReadLines(result).Count(line => line.StartsWith(".visible .entry", StringComparison.Ordinal)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}

/// <summary>A theory that needs clang.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ClangTheoryAttribute : TheoryAttribute
{
    private const int Oldest = 14, Newest = 24;

    public ClangTheoryAttribute() => Skip = Compiler is null ? "There is no clang here to compile the kernels as CUDA with." : null;

    /// <summary>The compiler, by its plain name or that of a version; null where there is none.</summary>
    public static string? Compiler { get; } = Enumerable.Range(Oldest, Newest - Oldest + 1).Select(version => $"clang-{version}")
        .Prepend("clang")
        .SelectMany(name => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, name)))
        .FirstOrDefault(File.Exists);
}
