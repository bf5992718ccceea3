using System;
using System.Collections.Generic;
using System.Linq;

namespace KnDsl;

/// <summary>What a file of weights and a network that do not fit together usually have for a cause.</summary>
internal static class WeightsHints
{
    private const string OfCompile = "_orig_mod.";

    /// <summary>The hints for a report.</summary>
    /// <param name="report">How file and network fit.</param>
    /// <param name="haveOneShape">Whether a tensor of the file, the first name, has the shape of one of the network, the second.</param>
    public static IReadOnlyList<string> Of(WeightsReport report, Func<string, string, bool> haveOneShape) =>
        [.. new[] { Prefix(report, haveOneShape), Folding(report) ?? Biases(report), Dtypes(report) }.OfType<string>()];

    /// <summary>Names that would fit without what stands before them, in the file or in the network.</summary>
    private static string? Prefix(WeightsReport report, Func<string, string, bool> haveOneShape)
    {
        if (Most(report.Unexpected, report.Missing, haveOneShape) is { } ofFile)
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

        return Most(report.Missing, report.Unexpected, (ofNetwork, ofFile) => haveOneShape(ofFile, ofNetwork)) is { } found
            ? $"Of the unexpected, the network has {found.Count} that begin with '{found.Prefix}': "
                + $"addPrefix: \"{found.Prefix}\" loads them."
            : null;
    }

    /// <summary>
    /// The prefix under which most of some names are among the longer ones, with the same shapes. Names such as <c>0.weight</c> end
    /// those of many networks, and short shapes such as [64] are in all: so a prefix counts only where it explains most of what
    /// there is to explain.
    /// </summary>
    private static (string Prefix, int Count)? Most(
        IReadOnlyList<string> longer, IReadOnlyList<string> names, Func<string, string, bool> haveOneShape)
    {
        // A prefix ends with a dot; of each longer name only its own endings can be meant.
        var wanted = names.ToHashSet();
        var counts = new Dictionary<string, int>();
        foreach (var name in longer)
        {
            for (var dot = name.IndexOf('.'); dot >= 0; dot = name.IndexOf('.', dot + 1))
            {
                if (wanted.TryGetValue(name[(dot + 1)..], out var rest) && haveOneShape(name, rest))
                    counts[name[..(dot + 1)]] = counts.GetValueOrDefault(name[..(dot + 1)]) + 1;
            }
        }

        var (prefix, count) = counts.Count == 0 ? default : counts.MaxBy(pair => pair.Value);
        return 2 * count > Math.Min(longer.Count, names.Count) ? (prefix, count) : null;
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
        var known = report.Matched.Concat(report.Mistyped.Select(entry => entry.Name)).ToHashSet();
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

    /// <summary>Numbers that are no weights as they are: quantized ones, masks, or a copy in the wrong dtype.</summary>
    private static string? Dtypes(WeightsReport report) => report.Mistyped.Count == 0 ? null
        : "A tensor keeps its kind of dtype (floating point, integer, Boolean, complex): integers may be quantized weights. If the "
            + "values are right as they are, convert them in Python before save_file, with .float() for floating-point parameters.";
}
