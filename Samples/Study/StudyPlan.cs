using System;
using System.Collections.Generic;
using System.Linq;

namespace KnDsl.Samples.Study;

/// <summary>The trials that a study consists of.</summary>
/// <param name="Contestants">The methods that are compared.</param>
/// <param name="Samples">The numbers of samples per statistic; 0 is the whole batch.</param>
/// <param name="Rates">The learning rates to choose from, separately for each contestant and number of samples.</param>
/// <param name="Seeds">The number of seeds, which begin at 1; rates are chosen with the first.</param>
internal sealed record StudyPlan(IReadOnlyList<Contestant> Contestants, IReadOnlyList<int> Samples, IReadOnlyList<double> Rates, int Seeds)
{
    /// <summary>Each contestant at each number of samples; once if it does not depend on them.</summary>
    public IEnumerable<(Contestant Contestant, int Samples)> Entries =>
        Contestants.SelectMany(c => (c.DependsOnSamples ? Samples : [0]).Select(n => (c, n)));

    /// <summary>The trials by which the rate of an entry is chosen; none if there is only one rate.</summary>
    public IEnumerable<Trial> RateTrials(Contestant contestant, int samples) =>
        Rates.Count == 1 ? [] : Rates.Select(rate => new Trial(Purpose.Rate, contestant.Name, samples, rate, Seed: 1));

    /// <summary>The trials that are compared, or null as long as the rate is not chosen.</summary>
    public IEnumerable<Trial>? ComparisonTrials(Contestant contestant, int samples, TrialLog log) =>
        ChosenRate(contestant, samples, log) is double rate
            ? Enumerable.Range(1, Seeds).Select(seed => new Trial(Purpose.Comparison, contestant.Name, samples, rate, seed))
            : null;

    /// <summary>The rate with the least validation error, or null as long as a trial is missing.</summary>
    public double? ChosenRate(Contestant contestant, int samples, TrialLog log)
    {
        if (Rates.Count == 1)
            return Rates[0];

        TrialResult?[] results = [.. RateTrials(contestant, samples).Select(log.Find)];
        return results.Any(result => result is null) ? null : results.MinBy(result => result!.Error)!.Trial.Rate;
    }

    /// <summary>
    /// The trials that can be run now. Those that choose rates come first, since the others depend on them; then one seed
    /// after the other, so that even an interrupted study has all entries.
    /// </summary>
    public IEnumerable<Trial> Open(TrialLog log)
    {
        var rates = Entries.SelectMany(entry => RateTrials(entry.Contestant, entry.Samples));
        IEnumerable<Trial> compared = Entries
            .SelectMany(entry => ComparisonTrials(entry.Contestant, entry.Samples, log) ?? [])
            .OrderBy(trial => trial.Seed);
        return rates.Concat(compared).Where(trial => log.Find(trial) is null);
    }

    /// <summary>The number of trials of a purpose, finished ones included.</summary>
    public int Count(Purpose purpose) => Entries.Count() * (purpose == Purpose.Comparison ? Seeds : Rates.Count == 1 ? 0 : Rates.Count);
}
