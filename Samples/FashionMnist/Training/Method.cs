using System;
using System.Collections.Generic;
using System.Linq;

namespace KnDsl.Samples.FashionMnist.Training;

/// <summary>A normalization to train the network with, under its name on the command line.</summary>
internal sealed record Method(string Name, NormPolicy Policy)
{
    /// <summary>The groups of group normalization: the narrowest layer has 8 channels.</summary>
    private const int Groups = 8;

    /// <summary>The methods that can be compared.</summary>
    public static IReadOnlyList<string> Names { get; } = ["kalman", "batch", "group", "instancekalman", "instance", "none"];

    /// <summary>Creates a method.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="microbatch">
    /// Images per statistic; null is the whole batch. Methods of single images, and <c>none</c>, ignore it.
    /// </param>
    public static Method Create(string name, int? microbatch) => new(name, name switch
    {
        "kalman" => NormPolicy.Kalman(microbatch: microbatch),
        "batch" => NormPolicy.Batch(microbatch: microbatch),
        "group" => NormPolicy.Group(Groups),
        "instancekalman" => NormPolicy.InstanceKalman(),
        "instance" => NormPolicy.Instance(),
        "none" => NormPolicy.None(),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, $"expected one of {string.Join(", ", Names)}"),
    });

    /// <summary>Reads a list such as <c>kalman,batch</c>.</summary>
    /// <param name="list">Names, separated by commas.</param>
    /// <param name="names">The names, if all are known and none occurs twice.</param>
    /// <param name="problem">The mistake in the list; empty if there is none.</param>
    public static bool TryParseList(string list, out string[] names, out string problem)
    {
        names = [.. list.Split(',', StringSplitOptions.TrimEntries).Select(name => name.ToLowerInvariant())];
        var unknown = names.FirstOrDefault(name => !Names.Contains(name));
        problem = unknown is not null ? $"there is no method '{unknown}'; expected some of {string.Join(',', Names)}"
            : names.Distinct().Count() < names.Length ? $"'{list}' names a method twice"
            : "";
        return problem.Length == 0;
    }
}
