using System;
using System.Collections.Generic;
using System.Linq;

namespace KnDsl;

/// <summary>What a file of weights and a network that do not fit together usually have for a cause.</summary>
internal static class WeightsHints
{
    /// <summary>The hints for a report.</summary>
    /// <param name="report">How file and network fit.</param>
    /// <param name="prefixes">What prefixes would make fit.</param>
    public static IReadOnlyList<string> Of(WeightsReport report, WeightsPrefixes prefixes) =>
    [
        .. new[] { prefixes.Hint(), Folding(report) ?? Policy(report) ?? Biases(report), Lacking(report), Dtypes(report) }.OfType<string>(),
    ];

    /// <summary>Biases in the place of norms: one of file and network is folded, the other not.</summary>
    private static string? Folding(WeightsReport report) =>
        WithBias(report, report.Unexpected).Length > 0 && HasNorm(report.Missing)
            ? "The file has biases in the place of norms, as a folded network has: fold() the network before it loads the file."
        : WithBias(report, report.Missing).Length > 0 && HasNorm(report.Unexpected)
            ? "The network has biases in the place of norms, since it is folded: load the file before fold()."
        : null;

    /// <summary>All that differs lies in norms, which have other weights and averages under other policies.</summary>
    private static string? Policy(WeightsReport report)
    {
        string[] differing = [.. report.Missing, .. report.Unexpected];
        return differing.Length > 0 && report.Matched.Count > 0 && report.Misshaped.Count == 0 && differing.All(IsOfPolicy)
            ? "Only names of normalization layers differ: the file is of a network with another policy. Give the constructor that policy, "
                + "or load with strict: false and train on."
            : null;
    }

    private static bool IsOfPolicy(string name) =>
        PolicyNames.Contains(name[(name.LastIndexOf('.') + 1)..]);

    /// <summary>What norms have under some policies and not under others; weights and biases all of them have.</summary>
    private static readonly HashSet<string> PolicyNames =
    [
        "running_mean", "running_var", "num_batches_tracked", "prior_mean", "prior_var", "priors_tracked",
        "gain_mean", "gain_variance", "transition_scale", "transition_shift", "process_noise",
    ];

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

    /// <summary>Numbers of a dtype that the format has and TorchSharp has not, such as floating point of 8 bits.</summary>
    private static string? Lacking(WeightsReport report)
    {
        var types = report.Mistyped.Select(entry => entry.Found).Where(IsLacking).Distinct().ToArray();
        return types.Length == 0 ? null
            : $"TorchSharp has no {string.Join(" and no ", types)}: convert such tensors in Python before save_file, to a dtype that it "
                + $"has ({string.Join(", ", SafetensorsType.Supported)}). Quantized weights need their scales multiplied in.";
    }

    /// <summary>Numbers that are no weights as they are: quantized ones, masks, or a copy in the wrong dtype.</summary>
    private static string? Dtypes(WeightsReport report) => report.Mistyped.All(entry => IsLacking(entry.Found)) ? null
        : "A tensor keeps its kind of dtype (floating point, integer, Boolean, complex): integers may be quantized weights. If the "
            + "values are right as they are, convert them in Python before save_file, with .float() for floating-point parameters.";

    private static bool IsLacking(string type) => SafetensorsType.DtypeOf(type) is null;
}
