using System;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Numbers that the code knows, where a device works: sent there once, for the host waits until they are there. They are few and small:
/// the places where an integral is taken, the logarithms of the samples in micro-batches, the shares of channels in others.
/// </summary>
internal static class DeviceConstants
{
    // Last micro-batches may have ever new sizes: what is forgotten is freed when nobody holds it any more.
    private const int MostSent = 1000;

    private static readonly ConcurrentDictionary<Key, Tensor> Sent = [];

    /// <summary>Numbers in 64 bits.</summary>
    /// <returns>A tensor of their shape, for all: not to be disposed or changed.</returns>
    public static Tensor Of(double[] numbers, Device device)
    {
        if (Sent.Count >= MostSent)
            Sent.Clear();
        return Sent.GetOrAdd(new Key(numbers, device.type, device.index), _ => Send(numbers, device));
    }

    /// <summary>Numbers in 64 bits, for one who keeps them himself.</summary>
    public static Tensor Send(double[] numbers, Device device) => Send(numbers, [numbers.Length], device);

    /// <summary>A matrix in 64 bits, for one who keeps it himself.</summary>
    public static Tensor Send(double[,] numbers, Device device) => Send(
        MemoryMarshal.CreateReadOnlySpan(ref numbers[0, 0], numbers.Length).ToArray(),
        [numbers.GetLength(0), numbers.GetLength(1)], device);

    private static Tensor Send(double[] numbers, long[] shape, Device device)
    {
        using var scope = NewDisposeScope();
        // Whoever asks first may be in inference mode: what is made there has no place in a graph later.
        using var ordinary = inference_mode(false);
        using var noGrad = no_grad();
        return tensor(numbers, shape, ScalarType.Float64, device).DetachFromDisposeScope();
    }

    private readonly struct Key(double[] numbers, TorchSharp.DeviceType type, int index) : IEquatable<Key>
    {
        private readonly double[] _numbers = numbers;
        private readonly (TorchSharp.DeviceType, int) _rest = (type, index);

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
