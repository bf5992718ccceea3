using System;

namespace KnDsl.Training;

/// <summary>
/// What each place of a resampled row is the sum of: the first pixel and the weights of it and those after it. Weights are whole
/// numbers of 2^-22, computed and rounded as Pillow does (<c>precompute_coeffs</c> and <c>normalize_coeffs_8bpc</c> in its Resample.c).
/// </summary>
internal sealed class ResamplingWeights
{
    /// <summary>Bits after the point: 8 are for the value, and 2 for sums that go beyond it.</summary>
    public const int Precision = 32 - 8 - 2;

    private readonly int[] weights;

    /// <param name="filter">The shape of the filter.</param>
    /// <param name="length">Pixels of the row that is resampled.</param>
    /// <param name="from">Where the part of the row begins that is resampled.</param>
    /// <param name="to">Where it ends.</param>
    /// <param name="resampled">Pixels that the part is resampled to.</param>
    /// <param name="first">The first of these that is needed.</param>
    /// <param name="count">How many are needed.</param>
    public ResamplingWeights(Resampling filter, int length, float from, float to, int resampled, int first, int count)
    {
        var scale = (double)(to - from) / resampled;
        var filterScale = Math.Max(scale, 1.0);
        var support = (filter == Resampling.Bilinear ? 1.0 : 2.0) * filterScale;
        // An even number of them: two are applied at a time.
        Taps = ((int)Math.Ceiling(support) * 2 + 2) & ~1;
        Firsts = new int[count];
        weights = new int[count * Taps];
        var exact = new double[Taps];
        var most = 0;
        for (var place = 0; place < count; place++)
        {
            var center = from + (first + place + 0.5) * scale;
            var low = Math.Max((int)(center - support + 0.5), 0);
            var high = Math.Min((int)(center + support + 0.5), length);
            var sum = 0.0;
            for (var tap = 0; tap < high - low; tap++)
                sum += exact[tap] = Value(filter, (tap + low - center + 0.5) * (1.0 / filterScale));
            Firsts[place] = low;
            most = Math.Max(most, high);
            for (var tap = 0; tap < high - low; tap++)
                weights[place * Taps + tap] = Round(sum == 0 ? exact[tap] : exact[tap] / sum);
        }
        End = most;
    }

    /// <summary>Weights for each place; those that are not needed are zero.</summary>
    public int Taps { get; }

    /// <summary>The pixel of the first weight, for each place.</summary>
    public int[] Firsts { get; }

    /// <summary>The first pixel that is not needed any more.</summary>
    public int End { get; }

    /// <summary>The weights of a place.</summary>
    public ReadOnlySpan<int> Of(int place) => weights.AsSpan(place * Taps, Taps);

    private static int Round(double weight) => (int)((weight < 0 ? -0.5 : 0.5) + weight * (1 << Precision));

    private static double Value(Resampling filter, double x)
    {
        x = Math.Abs(x);
        if (filter == Resampling.Bilinear)
            return x < 1 ? 1 - x : 0;
        const double a = -0.5;
        return x < 1 ? ((a + 2) * x - (a + 3)) * x * x + 1
            : x < 2 ? (((x - 5) * x + 8) * x - 4) * a
            : 0;
    }
}
