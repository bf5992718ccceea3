using System;
using System.Collections.Generic;
using System.Linq;

namespace KnDsl.Samples.Study.Reports;

/// <summary>A difference between two methods that something is claimed of, each at its own best rate.</summary>
/// <param name="Method">The method that the claim is about, with its samples per statistic.</param>
/// <param name="Than">The method that it is compared with.</param>
internal sealed record Claim((string Method, int Samples) Method, (string Method, int Samples) Than)
{
    /// <summary>What is claimed, wherever both methods were trained.</summary>
    public static IReadOnlyList<Claim> All { get; } =
    [
        new(("kalman", 2), ("batch", 0)),
        new(("kalman", 4), ("batch", 0)),
        new(("kalman", 8), ("batch", 0)),
        new(("kalman", 0), ("batch", 0)),
        new(("kalman", 2), ("batch", 2)),
        new(("kalman", 2), ("batch-scaled", 2)),
        new(("kalman", 2), ("kalman-history", 2)),
        new(("kalman", 2), ("kalman-wrong-layer", 2)),
        new(("instancekalman", 0), ("kalman", 1)),
        new(("instancekalman", 0), ("instance", 0)),
        new(("instancekalman", 0), ("group", 0)),
        new(("groupkalman", 0), ("group", 0)),
        new(("layerkalman", 0), ("layer", 0)),
        new(("instancekalman", 0), ("instancekalman-chained", 0)),
        new(("instancekalman", 0), ("instancekalman-unfiltered", 0)),
    ];

    /// <summary>The differences of a task's entries, for each claim whose methods have seeds in common.</summary>
    public static IEnumerable<(Claim Claim, Difference Difference)> Of(IReadOnlyList<Entry> entries) => All
        .Select(claim => (Claim: claim, A: Find(entries, claim.Method), B: Find(entries, claim.Than)))
        .Where(found => found is { A: not null, B: not null })
        .Select(found => (found.Claim, Difference.Between(found.A!, found.B!)));

    private static Entry? Find(IReadOnlyList<Entry> entries, (string Method, int Samples) side) =>
        entries.FirstOrDefault(entry => entry.Case.Contestant.Name == side.Method && entry.Case.Samples == side.Samples);
}

/// <summary>The mean difference of the errors of equal seeds, and the interval that holds it in 95 of 100 studies.</summary>
/// <param name="Mean">The mean of the differences, in points; below 0 where the first method is better.</param>
/// <param name="Low">The lower end of the interval.</param>
/// <param name="High">Its upper end.</param>
/// <param name="Seeds">The number of seeds that both have.</param>
internal sealed record Difference(double Mean, double Low, double High, int Seeds)
{
    private const int Resamplings = 10_000;

    /// <summary>
    /// The bootstrap over seeds (Efron 1979): the interval is that between the 2.5th and the 97.5th percentile of the mean of as many
    /// differences, drawn with replacement.
    /// </summary>
    public static Difference Between(Entry first, Entry second)
    {
        double[] differences = [.. first.Errors.Zip(second.Errors, (a, b) => a - b)];
        var random = new Random(1);
        double[] means = [.. Enumerable.Range(0, Resamplings).Select(_ => Enumerable.Range(0, differences.Length)
            .Average(_ => differences[random.Next(differences.Length)])).Order()];
        return new(differences.Average(), At(0.025), At(0.975), differences.Length);

        double At(double share) => means[(int)Math.Round(share * (Resamplings - 1))];
    }
}
