using System.Collections.Generic;
using System.Linq;

namespace KnDsl.Samples.Study;

/// <summary>What a contestant came to at a number of samples.</summary>
/// <param name="Contestant">Who.</param>
/// <param name="Samples">Samples behind each statistic; 0 is the whole batch, or no choice.</param>
/// <param name="Rate">The learning rate that was chosen.</param>
/// <param name="Errors">Test error of each seed in percent, in their order.</param>
internal sealed record Entry(Contestant Contestant, int Samples, double Rate, IReadOnlyList<double> Errors)
{
    public double Mean => Errors.Average();

    /// <summary>The least and the greatest error: of three seeds, a deviation would say no more.</summary>
    public (double Least, double Greatest) Spread => (Errors.Min(), Errors.Max());

    /// <summary>All entries of a finished study, in its order.</summary>
    public static IReadOnlyList<Entry> All(StudyPlan plan, TrialLog log) =>
    [
        .. plan.Entries.Select(entry => new Entry(
            entry.Contestant, entry.Samples, plan.ChosenRate(entry.Contestant, entry.Samples, log)!.Value,
            [.. plan.ComparisonTrials(entry.Contestant, entry.Samples, log)!.Select(trial => log.Find(trial)!.Error)])),
    ];
}
