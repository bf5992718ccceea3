using System;
using System.Collections.Generic;
using System.Linq;

namespace KnDsl;

/// <summary>What a file of weights and a network that do not fit together usually have for a cause.</summary>
internal static class WeightsHints
{
    private const string OfCompile = "_orig_mod.";

    public static IReadOnlyList<string> Of(WeightsReport report) =>
        [.. new[] { Prefix(report), Folding(report) ?? Biases(report) }.OfType<string>()];

    /// <summary>Names that would fit without what stands before them, in the file or in the network.</summary>
    private static string? Prefix(WeightsReport report)
    {
        if (Most(report.Unexpected, report.Missing) is { } ofFile)
        {
            if (ofFile.Prefix == ".")
                return "Of the file's names a dot is left at the beginning: end stripPrefix with it.";
            return $"Of the missing, the file has {ofFile.Count} that begin with '{ofFile.Prefix}': "
                + $"stripPrefix: \"{ofFile.Prefix}\" loads them.";
        }

        if (report.Unexpected.Any(name => name.Contains(OfCompile, StringComparison.Ordinal)))
        {
            return $"The file's names contain '{OfCompile}', which torch.compile adds: "
                + "save the state_dict of the module that was compiled.";
        }

        return Most(report.Missing, report.Unexpected) is { } ofNetwork
            ? $"Of the unexpected, the network has {ofNetwork.Count} that begin with '{ofNetwork.Prefix}': "
                + $"addPrefix: \"{ofNetwork.Prefix}\" loads them."
            : null;
    }

    /// <summary>The prefix under which most of some names are among the longer ones.</summary>
    private static (string Prefix, int Count)? Most(IReadOnlyList<string> longer, IReadOnlyList<string> names)
    {
        // A prefix ends with a dot; of each longer name only its own endings can be meant.
        var wanted = names.ToHashSet();
        var counts = new Dictionary<string, int>();
        foreach (var name in longer)
        {
            for (var dot = name.IndexOf('.'); dot >= 0; dot = name.IndexOf('.', dot + 1))
            {
                if (wanted.Contains(name[(dot + 1)..]))
                    counts[name[..(dot + 1)]] = counts.GetValueOrDefault(name[..(dot + 1)]) + 1;
            }
        }

        return counts.Count == 0 ? null : counts.Select(pair => (pair.Key, pair.Value)).MaxBy(pair => pair.Value);
    }

    /// <summary>Biases in the place of norms: one of file and network is folded, the other not.</summary>
    private static string? Folding(WeightsReport report) =>
        WithBias(report, report.Unexpected).Length > 0 && HasNorm(report.Missing)
            ? "The file has biases in the place of norms, as a folded network has: fold() the network before it loads the file."
        : WithBias(report, report.Missing).Length > 0 && HasNorm(report.Unexpected)
            ? "The network has biases in the place of norms, since it is folded: load the file before fold()."
        : null;

    private static bool HasNorm(IReadOnlyList<string> names) => names.Any(name => name.EndsWith(".running_mean", StringComparison.Ordinal));

    /// <summary>The layers of which file and network have the weight, and the names the bias.</summary>
    private static string[] WithBias(WeightsReport report, IReadOnlyList<string> names)
    {
        const string bias = ".bias";
        var known = report.Matched.Concat(report.Misshaped.Select(entry => entry.Name)).Concat(report.Mistyped.Select(entry => entry.Name))
            .ToHashSet();
        return [.. names.Where(name => name.EndsWith(bias, StringComparison.Ordinal)).Select(name => name[..^bias.Length])
            .Where(layer => known.Contains(layer + ".weight"))];
    }

    /// <summary>Biases in the file of layers that have none in the network.</summary>
    private static string? Biases(WeightsReport report)
    {
        var layers = WithBias(report, report.Unexpected);
        if (layers.Length == 0)
            return null;
        var all = layers.Length == 1 ? layers[0] : $"{layers[0]} and {layers.Length - 1} more";
        return $"{all}: the network has {(layers.Length == 1 ? "this layer" : "these layers")} without a bias, as it is before a norm. "
            + "Declare conv(..., bias: true), or linear(..., bias: true), to have one.";
    }
}
