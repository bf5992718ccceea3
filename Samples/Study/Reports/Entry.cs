using System.Collections.Generic;
using System.Linq;
using KnDsl.Samples.Study.Trials;
using KnDsl.Training;

namespace KnDsl.Samples.Study.Reports;

/// <summary>The result of a case.</summary>
/// <param name="Case">The case.</param>
/// <param name="Rate">The learning rate that was chosen.</param>
/// <param name="Errors">The test error of each seed in percent, in the order of the seeds; at least one.</param>
/// <param name="Diverged">How many of the seeds diverged.</param>
internal sealed record Entry(Case Case, double Rate, IReadOnlyList<double> Errors, int Diverged)
{
    /// <summary>The mean error of the seeds.</summary>
    public double Mean => Errors.Average();

    /// <summary>The least and the greatest error.</summary>
    public (double Least, double Greatest) Spread => (Errors.Min(), Errors.Max());

    /// <summary>The entries of a study in the order of its plan, with the seeds that were run; cases without one are left out.</summary>
    public static IReadOnlyList<Entry> All(StudyPlan plan, ResultLog<Trial, TrialResult> log) =>
    [
        .. from tried in plan.Cases
           let results = (plan.ComparisonTrials(tried, log) ?? []).Select(log.Find).TakeWhile(result => result is not null).ToArray()
           where results.Length > 0
           select new Entry(
               tried, plan.ChosenRate(tried, log)!.Value, [.. results.Select(result => result!.Error)],
               results.Count(result => !double.IsFinite(result!.Loss))),
    ];
}
