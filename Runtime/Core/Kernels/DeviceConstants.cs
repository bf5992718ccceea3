using System;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Numbers that the code knows, where a device works: sent there once, for the host waits until they are there. They are few and small:
/// the shares of a convolution's taps, the pieces of an activation.
/// </summary>
internal static class DeviceConstants
{
    // Images of ever new sizes have ever new shares: what is forgotten is freed when nobody holds it any more.
    private const int MostSent = 1000;

    private static readonly ConcurrentDictionary<Key, Tensor> Sent = [];

    /// <summary>Numbers in 64 bits.</summary>
    /// <returns>A tensor of their shape, for all: not to be disposed or changed.</returns>
    public static Tensor Of(double[] numbers, Device device) => Of(numbers, [numbers.Length], device);

    /// <summary>A matrix in 64 bits.</summary>
    /// <inheritdoc cref="Of(double[], Device)"/>
    public static Tensor Of(double[,] numbers, Device device) => Of(
        MemoryMarshal.CreateReadOnlySpan(ref numbers[0, 0], numbers.Length).ToArray(),
        [numbers.GetLength(0), numbers.GetLength(1)], device);

    private static Tensor Of(double[] numbers, long[] shape, Device device)
    {
        if (Sent.Count >= MostSent)
            Sent.Clear();
        return Sent.GetOrAdd(new Key(numbers, shape.Length, shape[^1], device.type, device.index), _ =>
        {
            using var scope = NewDisposeScope();
            // Whoever asks first may be in inference mode: what is made there has no place in a graph later.
            using var ordinary = inference_mode(false);
            using var noGrad = no_grad();
            return tensor(numbers, shape, ScalarType.Float64, device).DetachFromDisposeScope();
        });
    }

    private readonly struct Key(double[] numbers, int rank, long columns, TorchSharp.DeviceType type, int index) : IEquatable<Key>
    {
        private readonly double[] _numbers = numbers;
        private readonly (int, long, TorchSharp.DeviceType, int) _rest = (rank, columns, type, index);

        public bool Equals(Key other) => _rest == other._rest && _numbers.AsSpan().SequenceEqual(other._numbers);

        public override bool Equals(object? obj) => obj is Key other && Equals(other);

        public override int GetHashCode()
        {
            var hash = new HashCode();
            hash.Add(_rest);
            hash.AddBytes(MemoryMarshal.AsBytes(_numbers.AsSpan()));
            return hash.ToHashCode();
        }
    }
}
