using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;

namespace KnDsl.Training;

/// <summary>Functions of a native library, all of them looked up before the first is called.</summary>
/// <param name="library">The handle of the library.</param>
internal sealed class NativeSymbols(IntPtr library)
{
    private readonly List<string> _missing = [];

    /// <summary>Names that were looked up and are not there.</summary>
    public IReadOnlyList<string> Missing => _missing;

    /// <summary>The address of a function or a datum, or zero.</summary>
    public IntPtr Find(string name)
    {
        if (NativeLibrary.TryGetExport(library, name, out var address))
            return address;
        _missing.Add(name);
        return IntPtr.Zero;
    }
}
