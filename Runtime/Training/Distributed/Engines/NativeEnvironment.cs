using System.Runtime.InteropServices;

namespace KnDsl.Training;

/// <summary>The environment that native code reads: .NET keeps a copy of its own, which native code does not see.</summary>
internal static partial class NativeEnvironment
{
    /// <summary>Sets a variable; on Linux and macOS only.</summary>
    /// <param name="name">The variable.</param>
    /// <param name="value">Its value.</param>
    /// <param name="overwrites">Whether one that is set already is replaced.</param>
    public static void Set(string name, string value, bool overwrites) => SetVariable(name, value, overwrites ? 1 : 0);

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrites);
}
