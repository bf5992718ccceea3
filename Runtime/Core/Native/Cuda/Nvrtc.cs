using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;

namespace KnDsl;

/// <summary>CUDA's compiler, which every libtorch for CUDA brings.</summary>
internal sealed unsafe class Nvrtc
{
    // The first that tells the architectures and gives machine code is 11.2.
    private static readonly string[] Names =
        ["libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2", "libnvrtc.so", "nvrtc64_130_0", "nvrtc64_120_0", "nvrtc64_112_0"];

    private readonly delegate* unmanaged<int, byte*> _textOf;
    private readonly delegate* unmanaged<int*, int> _countArchitectures;
    private readonly delegate* unmanaged<int*, int> _architectures;
    private readonly delegate* unmanaged<IntPtr*, byte*, byte*, int, byte**, byte**, int> _create;
    private readonly delegate* unmanaged<IntPtr, int, byte**, int> _compile;
    private readonly delegate* unmanaged<IntPtr, nuint*, int> _logSize;
    private readonly delegate* unmanaged<IntPtr, byte*, int> _log;
    private readonly delegate* unmanaged<IntPtr, nuint*, int> _machineCodeSize;
    private readonly delegate* unmanaged<IntPtr, byte*, int> _machineCode;
    private readonly delegate* unmanaged<IntPtr, nuint*, int> _assemblySize;
    private readonly delegate* unmanaged<IntPtr, byte*, int> _assembly;
    private readonly delegate* unmanaged<IntPtr*, int> _destroy;

    private Nvrtc(IntPtr library)
    {
        IntPtr Find(string name) => NativeLibrary.GetExport(library, name);
        _textOf = (delegate* unmanaged<int, byte*>)Find("nvrtcGetErrorString");
        _countArchitectures = (delegate* unmanaged<int*, int>)Find("nvrtcGetNumSupportedArchs");
        _architectures = (delegate* unmanaged<int*, int>)Find("nvrtcGetSupportedArchs");
        _create = (delegate* unmanaged<IntPtr*, byte*, byte*, int, byte**, byte**, int>)Find("nvrtcCreateProgram");
        _compile = (delegate* unmanaged<IntPtr, int, byte**, int>)Find("nvrtcCompileProgram");
        _logSize = (delegate* unmanaged<IntPtr, nuint*, int>)Find("nvrtcGetProgramLogSize");
        _log = (delegate* unmanaged<IntPtr, byte*, int>)Find("nvrtcGetProgramLog");
        _machineCodeSize = (delegate* unmanaged<IntPtr, nuint*, int>)Find("nvrtcGetCUBINSize");
        _machineCode = (delegate* unmanaged<IntPtr, byte*, int>)Find("nvrtcGetCUBIN");
        _assemblySize = (delegate* unmanaged<IntPtr, nuint*, int>)Find("nvrtcGetPTXSize");
        _assembly = (delegate* unmanaged<IntPtr, byte*, int>)Find("nvrtcGetPTX");
        _destroy = (delegate* unmanaged<IntPtr*, int>)Find("nvrtcDestroyProgram");
    }

    /// <summary>The compiler.</summary>
    /// <exception cref="DllNotFoundException">There is none.</exception>
    public static Nvrtc Load()
    {
        foreach (var name in Candidates())
        {
            if (NativeLibrary.TryLoad(name, typeof(Nvrtc).Assembly, null, out var library))
                return new(library);
        }

        throw new DllNotFoundException(
            $"CUDA's compiler ({Names[0]}, {Names[1]}) was found neither beside libtorch nor where libraries are.");
    }

    /// <summary>Compiles a source for a device: to machine code, or to assembly where it is newer than the compiler.</summary>
    /// <param name="source">CUDA C++.</param>
    /// <param name="capability">The device's compute capability: 90 is 9.0.</param>
    public byte[] Compile(string source, int capability)
    {
        int count;
        Check(_countArchitectures(&count), "nvrtcGetNumSupportedArchs");
        var known = new int[count];
        fixed (int* at = known)
            Check(_architectures(at), "nvrtcGetSupportedArchs");
        var isKnown = known.Contains(capability);
        var architecture = isKnown ? capability : known.Where(of => of < capability).DefaultIfEmpty(known.Min()).Max();

        IntPtr program;
        fixed (byte* text = Zeroed(source))
        fixed (byte* name = Zeroed("kndsl.cu"))
            Check(_create(&program, text, name, 0, null, null), "nvrtcCreateProgram");
        try
        {
            fixed (byte* first = Zeroed($"--gpu-architecture={(isKnown ? "sm" : "compute")}_{architecture}"))
            fixed (byte* second = Zeroed("--std=c++17"))
            {
                var options = stackalloc byte*[] { first, second };
                var code = _compile(program, 2, options);
                if (code != 0)
                    throw new CudaException($"nvrtcCompileProgram failed with {code}: {Log(program)}");
            }

            return isKnown ? Bytes(program, _machineCodeSize, _machineCode) : Bytes(program, _assemblySize, _assembly);
        }
        finally
        {
            _destroy(&program);
        }
    }

    /// <summary>
    /// Its files beside CUDA's libraries that torch has loaded, whatever they are called there: they are of torch's version. Then its
    /// names.
    /// </summary>
    private static IEnumerable<string> Candidates()
    {
        string[] beside = OperatingSystem.IsLinux() ? ["libnvrtc.so", "libcudart", "libtorch_cuda.so"] : [];
        foreach (var loaded in beside.Select(LoadedLibrary.PathOf).OfType<string>())
        {
            foreach (var file in Directory.EnumerateFiles(Path.GetDirectoryName(loaded)!, "libnvrtc*.so*"))
            {
                if (!Path.GetFileName(file).Contains("builtins", StringComparison.Ordinal))
                    yield return file;
            }
        }

        foreach (var name in Names)
            yield return name;
    }

    private string Log(IntPtr program) => Encoding.UTF8.GetString(Bytes(program, _logSize, _log)).TrimEnd('\0', '\n');

    private byte[] Bytes(IntPtr program, delegate* unmanaged<IntPtr, nuint*, int> size, delegate* unmanaged<IntPtr, byte*, int> get)
    {
        nuint length;
        Check(size(program, &length), "nvrtc");
        var bytes = new byte[length];
        fixed (byte* at = bytes)
            Check(get(program, at), "nvrtc");
        return bytes;
    }

    private void Check(int code, string call)
    {
        if (code != 0)
            throw new CudaException($"{call} failed with {code}: {Marshal.PtrToStringUTF8((IntPtr)_textOf(code))}.");
    }

    private static byte[] Zeroed(string text) => Encoding.UTF8.GetBytes(text + "\0");
}
