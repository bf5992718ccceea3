using System;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace KnDsl.Training;

/// <summary>NCCL's C interface, which is the same in all versions 2, and what of CUDA's it takes to wait for it.</summary>
internal sealed unsafe class NcclLibrary
{
    private const string FileName = "libnccl.so.2";
    private const string CudaName = "libcudart.so";

    // 2.4 was the first whose groups can be given up (ncclCommAbort).
    private const int MinimumVersion = 2400;

    private static readonly Lazy<NcclLibrary> Loaded = new(() => new());

    public readonly delegate* unmanaged<UniqueId*, int> GetUniqueId;
    public readonly delegate* unmanaged<IntPtr*, int, UniqueId, int, int> Join;
    public readonly delegate* unmanaged<void*, void*, nuint, int, int, IntPtr, IntPtr, int> AllReduce;
    public readonly delegate* unmanaged<void*, void*, nuint, int, int, IntPtr, IntPtr, int> Broadcast;
    public readonly delegate* unmanaged<IntPtr, int*, int> GetAsyncError;
    public readonly delegate* unmanaged<IntPtr, int> Destroy;
    public readonly delegate* unmanaged<IntPtr, int> Abort;
    public readonly delegate* unmanaged<IntPtr, int> QueryStream;
    public readonly delegate* unmanaged<int, int> SetDevice;

    private readonly delegate* unmanaged<int, byte*> _textOf;

    private NcclLibrary()
    {
        if (!NativeLibrary.TryLoad(FileName, out var nccl))
        {
            throw new DistributedException(
                $"{FileName} was not found. NCCL comes with NVIDIA's packages (libnccl2), or with Python's nvidia-nccl-cu12: set "
                + "LD_LIBRARY_PATH to its folder, or use Gloo or MPI as the engine, which go through the CPU.");
        }

        var cudaPath = LoadedLibrary.PathOf(CudaName);
        if (cudaPath is null || !NativeLibrary.TryLoad(cudaPath, out var cuda))
        {
            throw new DistributedException(
                $"TorchSharp has not loaded {CudaName}: NCCL needs its CUDA package (TorchSharp-cuda-linux) and a GPU.");
        }


        var symbols = new NativeSymbols(nccl);
        var getVersion = (delegate* unmanaged<int*, int>)symbols.Find("ncclGetVersion");
        GetUniqueId = (delegate* unmanaged<UniqueId*, int>)symbols.Find("ncclGetUniqueId");
        Join = (delegate* unmanaged<IntPtr*, int, UniqueId, int, int>)symbols.Find("ncclCommInitRank");
        AllReduce = (delegate* unmanaged<void*, void*, nuint, int, int, IntPtr, IntPtr, int>)symbols.Find("ncclAllReduce");
        Broadcast = (delegate* unmanaged<void*, void*, nuint, int, int, IntPtr, IntPtr, int>)symbols.Find("ncclBroadcast");
        GetAsyncError = (delegate* unmanaged<IntPtr, int*, int>)symbols.Find("ncclCommGetAsyncError");
        Destroy = (delegate* unmanaged<IntPtr, int>)symbols.Find("ncclCommDestroy");
        Abort = (delegate* unmanaged<IntPtr, int>)symbols.Find("ncclCommAbort");
        _textOf = (delegate* unmanaged<int, byte*>)symbols.Find("ncclGetErrorString");
        var cudaSymbols = new NativeSymbols(cuda);
        QueryStream = (delegate* unmanaged<IntPtr, int>)cudaSymbols.Find("cudaStreamQuery");
        SetDevice = (delegate* unmanaged<int, int>)cudaSymbols.Find("cudaSetDevice");
        if (symbols.Missing.Count > 0 || cudaSymbols.Missing.Count > 0)
        {
            throw new DistributedException(
                $"{(symbols.Missing.Count > 0 ? $"{FileName} lacks {symbols.Missing[0]}" : $"{cudaPath} lacks {cudaSymbols.Missing[0]}")}: "
                + "it must be of NCCL 2.4 or later, and of CUDA.");
        }

        int version;
        Check(getVersion(&version), "ncclGetVersion");
        // 2.9 and later count in steps of 10,000, as 21803.
        Version = version < 10000 ? $"{version / 1000}.{version / 100 % 10}" : $"{version / 10000}.{version / 100 % 100}";
        if (version < MinimumVersion)
            throw new DistributedException($"{FileName} is NCCL {Version}: version 2.4 or later is needed.");
    }

    /// <summary>Its version.</summary>
    public string Version { get; }

    /// <summary>The library; the same for all groups.</summary>
    /// <exception cref="DistributedException">It is missing, or too old.</exception>
    public static NcclLibrary Load() => Loaded.Value;

    /// <summary>NCCL's number for a type, or null.</summary>
    public static int? TypeOf(ScalarType type) => type switch
    {
        ScalarType.Int8 => 0,
        ScalarType.Byte => 1,
        ScalarType.Int32 => 2,
        ScalarType.Int64 => 4,
        ScalarType.Float16 => 6,
        ScalarType.Float32 => 7,
        ScalarType.Float64 => 8,
        ScalarType.BFloat16 => 9,
        _ => null,
    };

    /// <summary>What a result means.</summary>
    public string TextOf(int result) => Marshal.PtrToStringUTF8((IntPtr)_textOf(result)) ?? $"code {result}";

    /// <summary>Throws if a call failed.</summary>
    public void Check(int result, string function)
    {
        if (result != 0)
            throw new DistributedException($"{function} failed: {TextOf(result)}. NCCL_DEBUG=INFO tells more.");
    }

    /// <summary>What processes name their group by: bytes that rank 0 makes, and gives to the others.</summary>
    public struct UniqueId
    {
        public const int Size = 128;

        public fixed byte Bytes[Size];
    }
}
