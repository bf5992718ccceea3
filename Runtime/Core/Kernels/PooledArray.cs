using System;
using System.Buffers;

namespace KnDsl;

/// <summary>An array from a pool: garbage of every step would let the managed heap grow by the processor's cache size.</summary>
internal sealed class PooledArray<T>(int length) : IDisposable
{
    private readonly T[] _array = ArrayPool<T>.Shared.Rent(length);

    public Span<T> Span => _array.AsSpan(0, length);

    public void Dispose() => ArrayPool<T>.Shared.Return(_array);
}
