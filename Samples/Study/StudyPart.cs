using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Samples.Study.Methods;
using KnDsl.Samples.Study.Networks;
using KnDsl.Samples.Study.Trials;

namespace KnDsl.Samples.Study;

/// <summary>A part of the study that is run by its name.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="Description">What it compares.</param>
/// <param name="Cases">Its cases.</param>
internal sealed record StudyPart(string Name, string Description, IReadOnlyList<Case> Cases)
{
    /// <summary>Seeds of what a claim rests on, and of the rest.</summary>
    private const int ClaimSeeds = 10, Seeds = 5;

    private static readonly StudyTask Core = new("residual", "fashion", Trial.WholeBatch);

    /// <summary>All parts in the order in which they are run.</summary>
    public static IReadOnlyList<StudyPart> All { get; } =
    [
        new("core", "all methods on one network and Fashion-MNIST", [.. CoreCases()]),
        new("networks", "the main methods on three other networks",
            [.. StudyNetwork.All.Skip(1).SelectMany(network => MainCases(Core with { Network = network.Name }))]),
        new("scenes", "the main methods on scenes of two garments", [.. MainCases(Core with { Set = "garments" })]),
        new("steps", "a step after each image, or after each two", [.. StepCases()]),
    ];

    /// <summary>A look at the main methods in ten minutes, at one rate.</summary>
    public static StudyPlan Quick { get; } = new(
    [
        .. Grid(Core, "kalman batch", [2, 0], 2),
        .. Grid(Core, "instancekalman instance groupkalman group", [], 2),
    ], Rates: [0.1]);

    /// <summary>Finds the cases of a part, or of all.</summary>
    /// <exception cref="ArgumentException">There is no such part; the message lists those that there are.</exception>
    public static IReadOnlyList<Case> Find(string name) => name == "all"
        ? [.. All.SelectMany(part => part.Cases)]
        : All.FirstOrDefault(part => part.Name == name)?.Cases
            ?? throw new ArgumentException(
                $"there is no part '{name}'; expected {string.Join(", ", All.Select(part => part.Name))} or all");

    /// <summary>The cases of chosen methods at chosen numbers of samples; a method without that choice is one case.</summary>
    public static IEnumerable<Case> Grid(StudyTask task, IEnumerable<Contestant> contestants, IReadOnlyList<int> samples, int seeds) =>
        contestants.SelectMany(contestant => (contestant.DependsOnSamples ? samples : [0])
            .Where(n => n <= task.Batch).Select(n => new Case(task, contestant, n, seeds)));

    private static IEnumerable<Case> Grid(StudyTask task, string methods, IReadOnlyList<int> samples, int seeds) =>
        Grid(task, methods.Split(' ').Select(Contestant.Parse), samples, seeds);

    private static IEnumerable<Case> CoreCases() =>
    [
        .. Grid(Core, "kalman", [1, 2, 4, 8, 0], ClaimSeeds),
        .. Grid(Core, "batch", [2, 0], ClaimSeeds),
        .. Grid(Core, "instancekalman instance groupkalman group layerkalman layer", [], ClaimSeeds),
        .. Grid(Core, "batch", [1, 4, 8], Seeds),
        .. Grid(Core, "renorm", [1, 2, 4, 8, 0], Seeds),
        .. Grid(Core, "batch-scaled kalman-history kalman-wrong-layer", [1, 2, 8], Seeds),
        .. Grid(Core, "instancekalman-chained instancekalman-unfiltered none", [], Seeds),
    ];

    private static IEnumerable<Case> MainCases(StudyTask task) =>
    [
        .. Grid(task, "kalman", [2, 8, 0], Seeds),
        .. Grid(task, "batch", [2, 0], Seeds),
        .. Grid(task, "instancekalman instance groupkalman group layerkalman layer", [], Seeds),
        .. Grid(task, "batch-scaled kalman-wrong-layer", [2], Seeds),
    ];

    private static IEnumerable<Case> StepCases() =>
    [
        .. Grid(Core with { Batch = 2 }, "kalman batch", [2], Seeds),
        .. Grid(Core with { Batch = 2 }, "instancekalman instance groupkalman group", [], Seeds),
        .. Grid(Core with { Batch = 1 }, "instancekalman instance groupkalman group", [], Seeds),
    ];
}
