using System;
using System.Runtime.InteropServices;
using System.Text;

namespace KnDsl.Training;

/// <summary>Texts and lists as libstdc++ has them in memory.</summary>
internal static unsafe class NativeText
{
    /// <summary>The text of a std::string.</summary>
    public static string OfString(IntPtr text) => Encoding.UTF8.GetString(*(byte**)text, checked((int)((nint*)text)[1]));

    /// <summary>A std::vector of single bytes.</summary>
    public static ReadOnlySpan<byte> OfVector(IntPtr vector)
    {
        var ends = (byte**)vector;
        return new(ends[0], checked((int)(ends[1] - ends[0])));
    }

    /// <summary>The texts of a std::vector of std::string.</summary>
    public static string[] OfStrings(IntPtr vector)
    {
        const int Size = 32;
        var ends = (nint*)vector;
        var texts = new string[(ends[1] - ends[0]) / Size];
        for (var i = 0; i < texts.Length; i++)
            texts[i] = OfString(ends[0] + i * Size);
        return texts;
    }

    /// <summary>Makes a std::vector of single bytes where native code has room for one; it frees the bytes by free.</summary>
    public static void WriteVector(IntPtr vector, ReadOnlySpan<byte> bytes)
    {
        var memory = (byte*)NativeMemory.Alloc((nuint)Math.Max(1, bytes.Length));
        bytes.CopyTo(new(memory, bytes.Length));
        var ends = (byte**)vector;
        ends[0] = memory;
        ends[1] = ends[2] = memory + bytes.Length;
    }
}
