using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using static TorchSharp.torch;

namespace KnDsl.Published.Tests;

/// <summary>
/// The formula that fills weights and inputs, the same as in tests/Cases/published/reference.py and described in the README
/// beside it: a value depends on nothing but its tensor's name, its flat index and its tensor's shape.
/// </summary>
public static class Formula
{
    /// <summary>Overwrites every entry of the module's state_dict, whatever its dtype and device; only indices into a table stay.</summary>
    /// <param name="module">What to fill.</param>
    /// <param name="gain">What keeps the size of activations, as the figures name it.</param>
    public static void Fill(nn.Module module, double gain)
    {
        ArgumentNullException.ThrowIfNull(module);
        using var _ = NewDisposeScope();
        using var __ = no_grad();
        foreach (var (name, entry) in module.state_dict()
            .Where(pair => !pair.Key.EndsWith("relative_position_index", StringComparison.Ordinal)))
        {
            entry.copy_(tensor(State(name, entry.shape, gain), entry.shape, ScalarType.Float32));
        }
    }

    /// <summary>The network's input of that name: uniform in [-1, 1), float32, on the CPU.</summary>
    public static Tensor Input(string name, IReadOnlyList<long> shape) =>
        tensor(Values(name, Count(shape), 0, 1), [.. shape], ScalarType.Float32);

    /// <summary>The values of a state_dict entry in flat order.</summary>
    public static float[] State(string name, IReadOnlyList<long> shape, double gain)
    {
        var (offset, scale) = AffineOf(name, shape, gain);
        return Values(name, Count(shape), offset, scale);
    }

    /// <summary>The draw number <paramref name="index"/> of SplitMix64 seeded with the hash of the name.</summary>
    public static ulong Draw(string name, long index) => Draw(Hash(name), index);

    private static ulong Draw(ulong seed, long index)
    {
        var z = seed + ((ulong)index + 1) * 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>FNV-1a, 64 bits, of the UTF-8 bytes.</summary>
    private static ulong Hash(string name) =>
        Encoding.UTF8.GetBytes(name).Aggregate(0xCBF29CE484222325, (hash, b) => (hash ^ b) * 0x100000001B3);

    private static (double Offset, double Scale) AffineOf(string name, IReadOnlyList<long> shape, double gain) =>
        name[(name.LastIndexOf('.') + 1)..] switch
        {
            "num_batches_tracked" => (0, 0),
            _ when shape.Count >= 2 => (0, Math.Sqrt(gain / Count(shape.Skip(1)))),
            "weight" or "running_var" => (1, 0.5),
            _ => (0, 0.2),
        };

    private static float[] Values(string name, long count, double offset, double scale)
    {
        var seed = Hash(name);
        var values = new float[count];
        for (var i = 0; i < values.Length; i++)
            values[i] = (float)(offset + scale * ((Draw(seed, i) >> 11) * (1.0 / (1L << 52)) - 1));
        return values;
    }

    private static long Count(IEnumerable<long> shape) => shape.Aggregate(1L, (a, b) => a * b);
}
