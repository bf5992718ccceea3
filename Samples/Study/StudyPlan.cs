using System.Collections.Generic;
using System.Linq;
using System;
using KnDsl.Samples.Study.Methods;
using KnDsl.Samples.Study.Trials;
using KnDsl.Training;

namespace KnDsl.Samples.Study;

/// <summary>A method at a number of samples, in a task.</summary>
/// <param name="Task">What is trained.</param>
/// <param name="Contestant">The method.</param>
/// <param name="Samples">Samples per statistic; 0 is the whole batch, or a method without that choice.</param>
/// <param name="Seeds">The number of seeds, which begin at 1.</param>
internal sealed record Case(StudyTask Task, Contestant Contestant, int Samples, int Seeds);

/// <summary>The trials that a study consists of.</summary>
/// <param name="Cases">What is compared.</param>
/// <param name="Rates">The learning rates to choose from, separately for each case.</param>
internal sealed record StudyPlan(IReadOnlyList<Case> Cases, IReadOnlyList<double> Rates)
{
    /// <summary>
    /// The seeds by which a rate is chosen. Two trainings that differ in the seed alone differ by more than most rates do.
    /// </summary>
    private const int RateSeeds = 2;

    /// <summary>The trials by which the rate of a case is chosen; none if there is only one rate.</summary>
    public IEnumerable<Trial> RateTrials(Case tried) => Rates.Count == 1
        ? []
        : Rates.SelectMany(rate => Enumerable.Range(1, RateSeeds).Select(
            seed => new Trial(Purpose.Rate, tried.Task, tried.Contestant.Name, tried.Samples, rate, seed)));

    /// <summary>The trials that are compared, or null as long as the rate is not chosen.</summary>
    public IEnumerable<Trial>? ComparisonTrials(Case tried, ResultLog<Trial, TrialResult> log) => ChosenRate(tried, log) is double rate
        ? Enumerable.Range(1, tried.Seeds).Select(
            seed => new Trial(Purpose.Comparison, tried.Task, tried.Contestant.Name, tried.Samples, rate, seed))
        : null;

    /// <summary>The rate with the least mean validation error, or null as long as a trial is missing.</summary>
    public double? ChosenRate(Case tried, ResultLog<Trial, TrialResult> log)
    {
        if (Rates.Count == 1)
            return Rates[0];

        TrialResult?[] results = [.. RateTrials(tried).Select(log.Find)];
        return results.Any(result => result is null)
            ? null
            : results.GroupBy(result => result!.Trial.Rate).MinBy(rate => rate.Average(result => result!.Error))!.Key;
    }

    /// <summary>
    /// The trials that can be run now. Those that choose rates come first, since the others depend on them; then one seed
    /// after the other, so that even an interrupted study has all cases.
    /// </summary>
    public IEnumerable<Trial> Open(ResultLog<Trial, TrialResult> log)
    {
        IEnumerable<Trial> rates = Cases.SelectMany(RateTrials).OrderBy(trial => trial.Seed);
        IEnumerable<Trial> compared = Cases.SelectMany(tried => ComparisonTrials(tried, log) ?? []).OrderBy(trial => trial.Seed);
        return rates.Concat(compared).Where(trial => log.Find(trial) is null);
    }

    /// <summary>The number of trials of a purpose, finished ones included.</summary>
    public int Count(Purpose purpose) => purpose == Purpose.Comparison
        ? Cases.Sum(tried => tried.Seeds)
        : Cases.Sum(tried => RateTrials(tried).Count());
}
