using System;
using System.Globalization;
using System.IO;
using System.Runtime.InteropServices;

namespace KnDsl;

/// <summary>oneDNN inside libtorch, on Linux: settings that TorchSharp has no function for.</summary>
internal sealed unsafe partial class OneDnn
{
    private const string Library = "torch_cpu";

    /// <summary>
    /// Its notes of caches that it read as one byte each: ten sizes, ten numbers of cores that share one, and how many
    /// levels there are.
    /// </summary>
    private static readonly uint[] EmptyCaches = [1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 3];

    private readonly IntPtr _context;

    private OneDnn(IntPtr context)
    {
        _context = context;
    }

    /// <summary>Whether torch uses it (torch.backends.mkldnn.enabled).</summary>
    public bool IsEnabled
    {
        get => UsesOneDnn(_context);
        set => UseOneDnn(_context, value);
    }

    /// <summary>oneDNN in the library that TorchSharp has loaded, or null in a library of another kind.</summary>
    public static OneDnn? Find()
    {
        try
        {
            // Its path is not always one where the runtime looks.
            var path = LoadedLibrary.PathOfTorch();
            NativeLibrary.SetDllImportResolver(typeof(OneDnn).Assembly, (name, _, _) =>
                name == Library && path is not null ? NativeLibrary.Load(path) : IntPtr.Zero);
            return new(GlobalContext());
        }
        catch (Exception exception) when (exception is EntryPointNotFoundException or DllNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Whether torch uses NNPACK.</summary>
    public void UseNnpack(bool enabled) => UseNnpack(_context, enabled);

    /// <summary>
    /// Where it noted empty caches, has it know none instead: for those it has sizes of its own. It must have looked at the
    /// processor before.
    /// </summary>
    public void ForgetCaches()
    {
        var end = IntPtr.Zero;
        foreach (var line in File.ReadAllLines("/proc/self/maps"))
        {
            // START-END PERMISSIONS OFFSET DEVICE INODE [PATH]; memory that is zero at first follows the file's own part, without a name.
            var parts = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var range = parts[0].Split('-');
            var (from, to) = (Address(range[0]), Address(range[1]));
            var isOfLibrary = parts.Length > 5 ? line.EndsWith("/" + LoadedLibrary.Torch, StringComparison.Ordinal) : from == end;
            if (!isOfLibrary)
                continue;
            end = to;
            if (parts[1].StartsWith("rw", StringComparison.Ordinal))
                ForgetCaches(new Span<uint>((void*)from, (int)((to - from) / sizeof(uint))));
        }
    }

    private static void ForgetCaches(Span<uint> memory)
    {
        for (int at; (at = memory.IndexOf(EmptyCaches)) >= 0; memory = memory[(at + EmptyCaches.Length)..])
            memory[at + EmptyCaches.Length - 1] = 0;
    }

    private static IntPtr Address(string hexadecimal) =>
        (IntPtr)ulong.Parse(hexadecimal, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    [LibraryImport(Library, EntryPoint = "_ZN2at13globalContextEv")]
    private static partial IntPtr GlobalContext();

    [LibraryImport(Library, EntryPoint = "_ZNK2at7Context17userEnabledMkldnnEv")]
    [return: MarshalAs(UnmanagedType.U1)]
    private static partial bool UsesOneDnn(IntPtr context);

    [LibraryImport(Library, EntryPoint = "_ZN2at7Context20setUserEnabledMkldnnEb")]
    private static partial void UseOneDnn(IntPtr context, [MarshalAs(UnmanagedType.U1)] bool enabled);

    [LibraryImport(Library, EntryPoint = "_ZN2at7Context20setUserEnabledNNPACKEb")]
    private static partial void UseNnpack(IntPtr context, [MarshalAs(UnmanagedType.U1)] bool enabled);
}
