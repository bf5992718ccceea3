using System;
using System.Runtime.InteropServices;

namespace KnDsl.Training;

/// <summary>The system's own way to load a library, which .NET's has not all settings of.</summary>
internal static partial class NativeLoading
{
    /// <summary>Has what a library loads itself find its functions, as OpenMPI's plug-ins need; .NET keeps them apart.</summary>
    public const int ForPlugins = 0x101;

    [LibraryImport("libdl.so.2", EntryPoint = "dlopen", StringMarshalling = StringMarshalling.Utf8)]
    public static partial IntPtr Open(string name, int flags);
}
