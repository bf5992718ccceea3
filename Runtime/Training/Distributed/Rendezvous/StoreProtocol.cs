using System;
using System.Buffers.Binary;
using System.IO;
using System.Text;

namespace KnDsl.Training;

/// <summary>
/// What c10d's TCPStore and its clients say to each other, as far as it is needed here: <c>torchrun</c> answers at MASTER_PORT in it.
/// Numbers are little-endian; a text or value is its length in 64 bits, and its bytes.
/// </summary>
internal static class StoreProtocol
{
    /// <summary>The first number that a client sends, after <see cref="Query.Validate"/>.</summary>
    public const uint Magic = 0x3C85F7CE;

    /// <summary>No key or value here is nearly as long: what says so is another program.</summary>
    private const ulong MaxLength = 1 << 24;

    /// <summary>What a client asks for.</summary>
    public enum Query : byte
    {
        /// <summary>Begins a connection.</summary>
        Validate = 0,

        /// <summary>Sets a key; there is no answer.</summary>
        Set = 1,

        /// <summary>The value of a key that is there.</summary>
        Get = 3,

        /// <summary>Adds to a key that holds a decimal number; the answer is the sum.</summary>
        Add = 4,

        /// <summary>Whether keys are there; the answer is a byte, 0 for yes.</summary>
        Check = 5,
    }

    public static void WriteLong(Stream stream, long value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        stream.Write(bytes);
    }

    public static void WriteBytes(Stream stream, ReadOnlySpan<byte> value)
    {
        WriteLong(stream, value.Length);
        stream.Write(value);
    }

    public static void WriteText(Stream stream, string text) => WriteBytes(stream, Encoding.UTF8.GetBytes(text));

    public static byte ReadByte(Stream stream)
    {
        Span<byte> one = stackalloc byte[1];
        stream.ReadExactly(one);
        return one[0];
    }

    public static uint ReadMagic(Stream stream)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        stream.ReadExactly(bytes);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    public static long ReadLong(Stream stream)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        stream.ReadExactly(bytes);
        return BinaryPrimitives.ReadInt64LittleEndian(bytes);
    }

    public static byte[] ReadBytes(Stream stream)
    {
        var length = (ulong)ReadLong(stream);
        if (length > MaxLength)
            throw new InvalidDataException($"The other side announces a value of {length} bytes.");
        var value = new byte[length];
        stream.ReadExactly(value);
        return value;
    }

    public static string ReadText(Stream stream) => Encoding.UTF8.GetString(ReadBytes(stream));
}
