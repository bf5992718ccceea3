using System;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace KnDsl.Training;

/// <summary>
/// MPI's C interface. Its functions are the same everywhere; what they are given for "all processes", "float" and "sum" is an address in
/// OpenMPI and a number in MPICH and its relatives.
/// </summary>
internal sealed unsafe class MpiLibrary
{
    private const string MarkOfOpenMpi = "ompi_mpi_comm_world";

    private static readonly string[] Names = ["libmpi.so.40", "libmpi.so.12", "libmpich.so.12", "libmpi.so"];

    private static readonly Lazy<MpiLibrary> Loaded = new(() => new());

    private readonly NativeSymbols _symbols;

    public readonly delegate* unmanaged<void*, void*, int, int*, int> InitializeWithThreads;
    public readonly delegate* unmanaged<int*, int> Initialized;
    public readonly delegate* unmanaged<int*, int> Finalized;
    public readonly delegate* unmanaged<int> Finalize;
    public readonly delegate* unmanaged<IntPtr, int*, int> Rank;
    public readonly delegate* unmanaged<IntPtr, int*, int> Size;
    public readonly delegate* unmanaged<IntPtr, void*, int, IntPtr, IntPtr, IntPtr, IntPtr*, int> AllReduce;
    public readonly delegate* unmanaged<void*, int, IntPtr, int, IntPtr, IntPtr*, int> Broadcast;
    public readonly delegate* unmanaged<IntPtr*, int*, void*, int> Test;

    private MpiLibrary()
    {
        // Two may be installed, and only that of the mpirun that started the processes knows of the others.
        var isOpenMpi = System.Environment.GetEnvironmentVariable("OMPI_COMM_WORLD_SIZE") is not null;
        var name = Array.Find(Names, candidate => IsOfKind(candidate, isOpenMpi)) ?? throw NotFound(isOpenMpi);
        var library = NativeLoading.Open(name, NativeLoading.ForPlugins);
        _symbols = new(library);
        InitializeWithThreads = (delegate* unmanaged<void*, void*, int, int*, int>)_symbols.Find("MPI_Init_thread");
        Initialized = (delegate* unmanaged<int*, int>)_symbols.Find("MPI_Initialized");
        Finalized = (delegate* unmanaged<int*, int>)_symbols.Find("MPI_Finalized");
        Finalize = (delegate* unmanaged<int>)_symbols.Find("MPI_Finalize");
        Rank = (delegate* unmanaged<IntPtr, int*, int>)_symbols.Find("MPI_Comm_rank");
        Size = (delegate* unmanaged<IntPtr, int*, int>)_symbols.Find("MPI_Comm_size");
        AllReduce = (delegate* unmanaged<IntPtr, void*, int, IntPtr, IntPtr, IntPtr, IntPtr*, int>)_symbols.Find("MPI_Iallreduce");
        Broadcast = (delegate* unmanaged<void*, int, IntPtr, int, IntPtr, IntPtr*, int>)_symbols.Find("MPI_Ibcast");
        Test = (delegate* unmanaged<IntPtr*, int*, void*, int>)_symbols.Find("MPI_Test");
        IsOpenMpi = isOpenMpi;
        World = Handle(MarkOfOpenMpi, 0x44000000);
        Sum = Handle("ompi_mpi_op_sum", 0x58000003);
        InPlace = IsOpenMpi ? 1 : -1;
        Float32 = Handle("ompi_mpi_float", 0x4c00040a);
        Float64 = Handle("ompi_mpi_double", 0x4c00080b);
        Int32 = Handle("ompi_mpi_int", 0x4c000405);
        Int64 = Handle("ompi_mpi_long_long_int", 0x4c000809);
        if (_symbols.Missing.Count > 0)
            throw new DistributedException($"{name} lacks {_symbols.Missing[0]}: it must be an MPI of version 3 or later.");
    }

    /// <summary>Whether it is OpenMPI; else MPICH or one of its relatives.</summary>
    public bool IsOpenMpi { get; }

    public IntPtr World { get; }

    public IntPtr Sum { get; }

    public IntPtr InPlace { get; }

    private IntPtr Float32 { get; }

    private IntPtr Float64 { get; }

    private IntPtr Int32 { get; }

    private IntPtr Int64 { get; }

    /// <summary>The library; the same for all groups.</summary>
    /// <exception cref="DistributedException">There is none.</exception>
    public static MpiLibrary Load() => Loaded.Value;

    /// <summary>MPI's name for a type that it carries.</summary>
    public IntPtr TypeOf(ScalarType type) => type switch
    {
        ScalarType.Float32 => Float32,
        ScalarType.Float64 => Float64,
        ScalarType.Int32 => Int32,
        ScalarType.Int64 => Int64,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "MPI is not given this type."),
    };

    private IntPtr Handle(string ofOpenMpi, int ofMpich) => IsOpenMpi ? _symbols.Find(ofOpenMpi) : ofMpich;

    private static bool IsOfKind(string name, bool isOpenMpi)
    {
        if (!OperatingSystem.IsLinux() || !NativeLibrary.TryLoad(name, out var library))
            return false;
        var isRight = NativeLibrary.TryGetExport(library, MarkOfOpenMpi, out _) == isOpenMpi;
        if (!isRight)
            NativeLibrary.Free(library);
        return isRight;
    }

    private static DistributedException NotFound(bool isOpenMpi)
    {
        var (kind, package) = isOpenMpi ? ("OpenMPI", "libopenmpi3") : ("MPICH", "libmpich12");
        return new(
            $"The processes were started by the mpirun of {kind} or one of its kind, and its library was not found: none of "
            + $"{string.Join(", ", Names)} is it. Install it (on Debian: apt-get install {package}), or set LD_LIBRARY_PATH to its folder; "
            + "or use Gloo as the engine, which needs nothing.");
    }
}
