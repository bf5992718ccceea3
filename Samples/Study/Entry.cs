using System.Collections.Generic;
using System.Linq;

namespace KnDsl.Samples.Study;

/// <summary>The result of a contestant at a number of samples.</summary>
/// <param name="Contestant">The contestant.</param>
/// <param name="Samples">Samples per statistic; 0 is the whole batch, or a method without that choice.</param>
/// <param name="Rate">The learning rate that was chosen.</param>
/// <param name="Errors">The test error of each seed in percent, in the order of the seeds.</param>
internal sealed record Entry(Contestant Contestant, int Samples, double Rate, IReadOnlyList<double> Errors)
{
    /// <summary>The mean error of the seeds.</summary>
    public double Mean => Errors.Average();

    /// <summary>The least and the greatest error: a deviation of three seeds would say no more.</summary>
    public (double Least, double Greatest) Spread => (Errors.Min(), Errors.Max());

    /// <summary>All entries of a finished study, in the order of its plan.</summary>
    public static IReadOnlyList<Entry> All(StudyPlan plan, TrialLog log) =>
    [
        .. plan.Entries.Select(entry => new Entry(
            entry.Contestant, entry.Samples, plan.ChosenRate(entry.Contestant, entry.Samples, log)!.Value,
            [.. plan.ComparisonTrials(entry.Contestant, entry.Samples, log)!.Select(trial => log.Find(trial)!.Error)])),
    ];
}
