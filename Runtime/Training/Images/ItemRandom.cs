using System;

namespace KnDsl.Training;

/// <summary>
/// The random numbers of one item in one epoch. They depend on seed, epoch and index only, so that an item is augmented in the same way
/// whichever thread reads it and whatever was read before. The generator is SplitMix64 (Steele, Lea and Flood, Fast Splittable
/// Pseudorandom Number Generators, 2014).
/// </summary>
public sealed class ItemRandom
{
    private const ulong Step = 0x9E3779B97F4A7C15;

    private ulong state;

    /// <summary>Begins the numbers of an item.</summary>
    /// <param name="seed">The seed of the run.</param>
    /// <param name="epoch">The epoch.</param>
    /// <param name="index">The index of the item.</param>
    public ItemRandom(long seed, long epoch, long index) =>
        state = Mix(Mix(Mix((ulong)seed + Step) + (ulong)epoch + Step) + (ulong)index + Step);

    /// <summary>A number of at least 0 and less than 1, with 53 random bits.</summary>
    public double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>A number between <paramref name="low"/> and <paramref name="high"/>.</summary>
    public double Uniform(double low, double high) => low + (high - low) * NextDouble();

    /// <summary>True with a probability.</summary>
    public bool NextBool(double probability) => NextDouble() < probability;

    /// <summary>A whole number of at least 0 and less than <paramref name="bound"/>, all equally likely.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="bound"/> is less than 1.</exception>
    public long NextInteger(long bound)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bound, 1);
        // Of the 2^64 values, those beyond the last whole multiple of the bound would favour small numbers.
        var surplus = (ulong.MaxValue % (ulong)bound + 1) % (ulong)bound;
        ulong value;
        do
            value = Next();
        while (value > ulong.MaxValue - surplus);
        return (long)(value % (ulong)bound);
    }

    /// <summary>Puts a list into random order (Fisher and Yates).</summary>
    public void Shuffle<T>(Span<T> values)
    {
        for (var last = values.Length - 1; last > 0; last--)
        {
            var other = (int)NextInteger(last + 1L);
            (values[last], values[other]) = (values[other], values[last]);
        }
    }

    private ulong Next() => Mix(state += Step);

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
