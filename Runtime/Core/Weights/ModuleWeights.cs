using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using TorchSharp;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Loads and saves the parameters and buffers of any TorchSharp module as safetensors. Scale, shift and running averages of norm
/// layers have BatchNorm's names, so checkpoints of BN networks, torchvision's among them, load into networks with Kalman Normalization.
/// What else a policy has has names of its own: <c>prior_mean</c>, <c>prior_var</c> and <c>priors_tracked</c> of single samples, learned
/// gains and transitions.
/// </summary>
public static class ModuleWeights
{
    private const string Counter = "num_batches_tracked";

    /// <summary>
    /// Loads a file into the module, on any device that its tensors are on. Names, shapes and dtypes are all compared before the
    /// first value is written: where it throws, the module is unchanged. Tensors are read and copied one at a time.
    /// </summary>
    /// <remarks>
    /// The module's dtypes stay. A floating-point tensor converts to any floating-point dtype, rounded to nearest,
    /// infinite where the dtype ends (as <c>copy_</c> does); an integer tensor to any integer dtype that holds all
    /// values of its own; a complex tensor to any complex dtype. Nothing else converts: an integer tensor for a
    /// floating-point parameter is quantized, or meant for something else. (But <c>num_batches_tracked</c> is a count in any
    /// real dtype: TorchSharp's BatchNorm has it in that of its parameters.) A tensor of shape [1] loads into a scalar, as with
    /// PyTorch's load_state_dict.
    /// </remarks>
    /// <param name="module">The network.</param>
    /// <param name="path">A safetensors file.</param>
    /// <param name="strict">
    /// Whether every name must fit (but a missing <c>num_batches_tracked</c>, which stays as it is). If not, tensors that
    /// fit are loaded, the others stay as they are, and the report names them.
    /// </param>
    /// <param name="stripPrefix">
    /// What names of the file begin with and the network's do not, such as <c>module.</c> of DataParallel or <c>_orig_mod.</c> of
    /// torch.compile. Names that do not begin with it stay as they are.
    /// </param>
    /// <param name="addPrefix">What the network's names begin with and the file's do not, such as <c>backbone.</c>.</param>
    /// <returns>The names that were loaded, and those that were not; the file's without and with the prefixes.</returns>
    /// <exception cref="WeightsException">
    /// The file is damaged or of another format, two of its names are one without the prefix, or it does not fit (its
    /// <see cref="WeightsException.Report"/> has all names).
    /// </exception>
    /// <exception cref="IOException">The file is not there or cannot be read.</exception>
    /// <exception cref="InvalidOperationException">The module is on the meta device, which holds no values.</exception>
    public static WeightsReport load_weights(
        this nn.Module module, string path, bool strict = true, string stripPrefix = "", string addPrefix = "")
    {
        ArgumentNullException.ThrowIfNull(module);
        ArgumentNullException.ThrowIfNull(stripPrefix);
        ArgumentNullException.ThrowIfNull(addPrefix);
        using var scope = NewDisposeScope();
        using var file = SafetensorsFile.Open(path);
        var state = StateOf(module);
        var entries = Renamed(file, stripPrefix, addPrefix);
        var report = Compared(module, state, entries, (stripPrefix, addPrefix));
        if (strict && !report.IsComplete)
            throw new WeightsException(path, report);
        if (state.FirstOrDefault(e => e.Value.device_type == DeviceType.META).Key is { } name)
        {
            throw new InvalidOperationException(
                $"{name} is on the meta device, which holds no values: move the module before loading {path}");
        }

        var targets = state.ToDictionary(e => e.Key, e => e.Value);
        foreach (var matched in report.Matched)
            file.CopyTo(entries[matched].Name, targets[matched]);
        return report;
    }

    /// <summary>
    /// Saves the module's parameters and buffers, in PyTorch's order, completely or not at all: a file that is there is
    /// replaced only once the new one has reached the disk.
    /// </summary>
    /// <param name="module">The network.</param>
    /// <param name="path">The file to write.</param>
    /// <param name="metadata">
    /// Texts to carry along. <c>format: pt</c> is added, by which other readers know how the tensors are laid out.
    /// </param>
    /// <exception cref="WeightsException">A dtype that the format does not have; nothing is written.</exception>
    /// <exception cref="IOException">
    /// Its folder is not there, or the disk refuses; the file that was there before is still there.
    /// </exception>
    public static void save_weights(
        this nn.Module module, string path, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(module);
        using var scope = NewDisposeScope();
        var texts = new Dictionary<string, string>(metadata ?? new Dictionary<string, string>());
        texts.TryAdd("format", "pt");
        SafetensorsFile.Write(path, StateOf(module), texts);
    }

    /// <summary>
    /// The state_dict in PyTorch's order: a module's own parameters, its own buffers, then its children. TorchSharp's
    /// has the same entries, but all parameters before all buffers.
    /// </summary>
    internal static IReadOnlyList<KeyValuePair<string, Tensor>> StateOf(nn.Module module)
    {
        var state = module.state_dict();
        var names = NamesOf(module, "").Where(state.ContainsKey).Distinct().ToList();
        return [.. names.Union(state.Keys).Select(name => KeyValuePair.Create(name, state[name]))];
    }

    private static IEnumerable<string> NamesOf(nn.Module module, string prefix) =>
        module.named_parameters(recurse: false).Select(p => prefix + p.name)
            .Concat(module.named_buffers(recurse: false).Select(b => prefix + b.name))
            .Concat(module.named_children().SelectMany(c => NamesOf(c.module, $"{prefix}{c.name}.")));

    /// <summary>The entries of a file, each under the name that the network may have for it.</summary>
    private static Dictionary<string, SafetensorsEntry> Renamed(SafetensorsFile file, string stripPrefix, string addPrefix)
    {
        var entries = new Dictionary<string, SafetensorsEntry>();
        foreach (var entry in file.Entries)
        {
            var rest = entry.Name.StartsWith(stripPrefix, StringComparison.Ordinal) ? entry.Name[stripPrefix.Length..] : entry.Name;
            if (!entries.TryAdd(addPrefix + rest, entry))
            {
                throw new WeightsException(
                    file.Path, $"'{entries[addPrefix + rest].Name}' has the same name without the prefix '{stripPrefix}'", entry.Name);
            }
        }

        return entries;
    }

    /// <summary>Of each norm that has such, the names of the entries that a file may lack together.</summary>
    private static IEnumerable<string[]> OptionalOf(nn.Module module) =>
        from entry in module.named_modules().Append(("", module))
        let prefix = entry.Item1.Length == 0 ? "" : entry.Item1 + "."
        where entry.Item2 is NormLayer { OptionalWeights.Count: > 0 }
        select ((NormLayer)entry.Item2).OptionalWeights.Select(name => prefix + name).ToArray();

    private static WeightsReport Compared(
        nn.Module module, IReadOnlyList<KeyValuePair<string, Tensor>> state, Dictionary<string, SafetensorsEntry> entries,
        (string Strip, string Add) prefixes)
    {
        List<string> matched = [], missing = [], tolerated = [];
        var optional = OptionalOf(module).Where(names => !names.Any(entries.ContainsKey)).SelectMany(names => names).ToHashSet();
        List<WeightsMismatch> misshaped = [], mistyped = [];
        foreach (var (name, tensor) in state)
        {
            var isCounter = name[(name.LastIndexOf('.') + 1)..] == Counter;
            if (!entries.TryGetValue(name, out var entry))
                (isCounter || optional.Contains(name) ? tolerated : missing).Add(name);
            else if (!entry.Fits(tensor.shape))
                misshaped.Add(new(name, entry.ShapeText, SafetensorsEntry.TextOf(tensor.shape)));
            else if (!Converts(entry.Dtype, tensor.dtype, isCounter))
                mistyped.Add(new(name, entry.Type, SafetensorsType.NameOf(tensor.dtype) ?? $"{tensor.dtype}"));
            else
                matched.Add(name);
        }
        var known = state.ToDictionary(e => e.Key, e => e.Value.shape);
        var report = new WeightsReport
        {
            Network = module.GetName(),
            Matched = matched,
            Missing = missing,
            Unexpected = [.. entries.Keys.Where(name => !known.ContainsKey(name))],
            Misshaped = misshaped,
            Mistyped = mistyped,
            Tolerated = tolerated,
        };
        return report with { Hints = WeightsHints.Of(report, new WeightsPrefixes(report, entries, known, prefixes)) };
    }

    private static bool Converts(ScalarType? from, ScalarType to, bool isCounter) =>
        from == to
        || (isCounter && from is not null && !IsComplex(from) && !IsComplex(to))
        || (IsFloatingPoint(from) && IsFloatingPoint(to))
        || (IsComplex(from) && IsComplex(to))
        || (from, to) is
            (ScalarType.Int8, ScalarType.Int16 or ScalarType.Int32 or ScalarType.Int64)
            or (ScalarType.Byte, ScalarType.Int16 or ScalarType.Int32 or ScalarType.Int64)
            or (ScalarType.Int16, ScalarType.Int32 or ScalarType.Int64)
            or (ScalarType.Int32, ScalarType.Int64);

    private static bool IsFloatingPoint(ScalarType? dtype) =>
        dtype is ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Float32 or ScalarType.Float64;

    private static bool IsComplex(ScalarType? dtype) =>
        dtype is ScalarType.ComplexFloat32 or ScalarType.ComplexFloat64;
}
