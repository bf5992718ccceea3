using System;
using System.Collections.Generic;
using System.Linq;

namespace KnDsl.Samples.FashionMnist.Training;

/// <summary>A normalization to train the network with, under the name by which the command line knows it.</summary>
internal sealed record Method(string Name, NormPolicy Policy)
{
    /// <summary>Groups for group normalization: the narrowest layer has 8 channels.</summary>
    private const int Groups = 8;

    /// <summary>The methods that can be compared, in the order in which they run by default.</summary>
    public static IReadOnlyList<string> Names { get; } = ["kalman", "batch", "group", "none"];

    /// <summary>Makes a method.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="microbatch">Samples behind each statistic; null is the whole batch. Group normalization has no use for it.</param>
    public static Method Of(string name, int? microbatch) => new(name, name switch
    {
        "kalman" => NormPolicy.Kalman(microbatch: microbatch),
        "batch" => NormPolicy.Batch(microbatch: microbatch),
        "group" => NormPolicy.Group(Groups),
        "none" => NormPolicy.None(),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, $"expected one of {string.Join(", ", Names)}"),
    });

    /// <summary>Reads a list such as <c>kalman,batch</c>.</summary>
    /// <param name="list">Names with commas between them.</param>
    /// <param name="names">The names, if all are known and none occurs twice.</param>
    /// <param name="problem">What is wrong otherwise.</param>
    public static bool TryParseList(string list, out string[] names, out string problem)
    {
        names = [.. list.Split(',', StringSplitOptions.TrimEntries).Select(name => name.ToLowerInvariant())];
        string? unknown = names.FirstOrDefault(name => !Names.Contains(name));
        problem = unknown is not null ? $"there is no method '{unknown}'; expected some of {string.Join(',', Names)}"
            : names.Distinct().Count() < names.Length ? $"'{list}' names a method twice"
            : "";
        return problem.Length == 0;
    }
}
