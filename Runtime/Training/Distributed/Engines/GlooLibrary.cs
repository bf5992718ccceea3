using System;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace KnDsl.Training;

/// <summary>
/// c10d with Gloo inside libtorch, which TorchSharp has no functions for. It is reached by the names of its C++ functions, so that it
/// must be exactly the version that these were written for.
/// </summary>
internal sealed unsafe class GlooLibrary
{
    private const string Version = "2.10";

    private const string Text = "RKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE";
    private const string Texts = "RKSt6vectorINSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEESaIS7_EE";
    private const string Milliseconds = "NSt6chrono8durationIlSt5ratioILl1ELl1000EEEE";
    private const string Group = "_ZN4c10d16ProcessGroupGloo";
    private const string Store = "_ZN4c10d9HashStore";

    private static readonly Lazy<GlooLibrary> Loaded = new(() => new());

    // Options create_default(timeout): returns a pointer through its first argument.
    public readonly delegate* unmanaged<IntPtr*, long, IntPtr*> CreateOptions;

    // ProcessGroupGloo(Store* const& store, int rank, int size, Options* options): the options by address, too.
    public readonly delegate* unmanaged<IntPtr, IntPtr*, int, int, IntPtr*, void> Construct;

    public readonly delegate* unmanaged<IntPtr, void> Destruct;

    // Work* allreduce(vector<Tensor>& tensors, AllreduceOptions const& options)
    public readonly delegate* unmanaged<IntPtr*, IntPtr, IntPtr*, void*, IntPtr*> AllReduce;

    public readonly delegate* unmanaged<IntPtr*, IntPtr, IntPtr*, void*, IntPtr*> Broadcast;

    public readonly delegate* unmanaged<IntPtr, byte> IsCompleted;

    public readonly delegate* unmanaged<IntPtr, byte> IsSuccess;

    // exception_ptr exception(): the address of the exception.
    public readonly delegate* unmanaged<IntPtr*, IntPtr, IntPtr*> ExceptionOf;

    /// <summary>The table of virtual functions of a store that keeps its values in memory, and those that a group calls.</summary>
    public readonly IntPtr StoreTable;

    public readonly IntPtr StoreSet;

    public readonly IntPtr StoreGet;

    public readonly IntPtr StoreWait;

    public readonly IntPtr StoreHasExtendedApi;

    private GlooLibrary()
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            throw new DistributedException(
                "Gloo is reached inside libtorch on Linux on x64 only: use MPI, or one process, on this system.");
        }

        var path = LoadedLibrary.PathOfTorch() ?? throw new DistributedException($"TorchSharp has loaded no {LoadedLibrary.Torch}.");
        var symbols = new NativeSymbols(NativeLibrary.Load(path));
        CheckVersion(symbols, path);

        CreateOptions = (delegate* unmanaged<IntPtr*, long, IntPtr*>)symbols.Find($"{Group}7Options14create_defaultE{Milliseconds}");
        Construct = (delegate* unmanaged<IntPtr, IntPtr*, int, int, IntPtr*, void>)symbols.Find(
            $"{Group}C1ERKN3c1013intrusive_ptrINS_5StoreENS1_6detail34intrusive_target_default_null_typeIS3_EEEE"
            + "iiNS2_INS0_7OptionsENS5_ISA_EEEE");
        Destruct = (delegate* unmanaged<IntPtr, void>)symbols.Find($"{Group}D1Ev");
        AllReduce = (delegate* unmanaged<IntPtr*, IntPtr, IntPtr*, void*, IntPtr*>)symbols.Find(
            $"{Group}9allreduceERSt6vectorIN2at6TensorESaIS3_EERKNS_16AllreduceOptionsE");
        Broadcast = (delegate* unmanaged<IntPtr*, IntPtr, IntPtr*, void*, IntPtr*>)symbols.Find(
            $"{Group}9broadcastERSt6vectorIN2at6TensorESaIS3_EERKNS_16BroadcastOptionsE");
        IsCompleted = (delegate* unmanaged<IntPtr, byte>)symbols.Find("_ZN4c10d4Work11isCompletedEv");
        IsSuccess = (delegate* unmanaged<IntPtr, byte>)symbols.Find("_ZNK4c10d4Work9isSuccessEv");
        ExceptionOf = (delegate* unmanaged<IntPtr*, IntPtr, IntPtr*>)symbols.Find("_ZNK4c10d4Work9exceptionEv");
        StoreTable = symbols.Find("_ZTVN4c10d9HashStoreE");
        StoreSet = symbols.Find($"{Store}3setE{Text}RKSt6vectorIhSaIhEE");
        StoreGet = symbols.Find($"{Store}3getE{Text}");
        StoreWait = symbols.Find($"{Store}4waitE{Texts}RKNSt6chrono8durationIlSt5ratioILl1ELl1000EEEE");
        StoreHasExtendedApi = symbols.Find("_ZNK4c10d9HashStore14hasExtendedApiEv");
        if (symbols.Missing.Count > 0)
        {
            throw new DistributedException(
                $"{path} lacks {symbols.Missing.Count} functions of Gloo that libtorch {Version} has, first {symbols.Missing[0]}: "
                + "it was built without Gloo, or by another compiler. Use MPI as the engine.");
        }
    }

    /// <summary>The library; the same for all groups.</summary>
    /// <exception cref="DistributedException">It is of another version, or lacks a function.</exception>
    public static GlooLibrary Load() => Loaded.Value;

    /// <summary>What a failed operation's exception says: the third virtual function of std::exception is what().</summary>
    public string MessageOf(IntPtr work)
    {
        var exception = IntPtr.Zero;
        ExceptionOf(&exception, work);
        if (exception == IntPtr.Zero)
            return "no reason is known";
        var what = (delegate* unmanaged<IntPtr, byte*>)((IntPtr**)exception)[0][2];
        return (Marshal.PtrToStringUTF8((IntPtr)what(exception)) ?? "").Split('\n')[0];
    }

    private static void CheckVersion(NativeSymbols symbols, string path)
    {
        var showConfig = (delegate* unmanaged<IntPtr*, IntPtr*>)symbols.Find("_ZN2at11show_configB5cxx11Ev");
        var found = "an unknown version";
        if (showConfig is not null)
        {
            // A std::string: four words, whose memory is not worth freeing.
            var text = stackalloc IntPtr[4];
            showConfig(text);
            var match = Regex.Match(NativeText.OfString((IntPtr)text), @"TORCH_VERSION=([\d.]+)");
            found = match.Success ? match.Groups[1].Value : found;
        }

        if (!found.StartsWith(Version + ".", StringComparison.Ordinal))
        {
            throw new DistributedException(
                $"{path} is libtorch {found}, and Gloo is called as in version {Version}: use the TorchSharp that KnDsl names, or MPI as "
                + "the engine.");
        }
    }
}
