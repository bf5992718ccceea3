using System;
using System.Collections.Generic;
using System.Linq;

namespace KnDsl;

/// <summary>
/// Finds prefixes under which the names of a file fit those of a network. It looks at the names as the file has them, not as the
/// given prefixes made them: so it also finds that a given one is wrong.
/// </summary>
/// <param name="report">How file and network fit with the given prefixes.</param>
/// <param name="entries">The file's tensors under the names that the given prefixes made.</param>
/// <param name="shapes">The network's shapes by name.</param>
/// <param name="given">The prefixes that were given, empty where there was none.</param>
internal sealed class WeightsPrefixes(
    WeightsReport report,
    IReadOnlyDictionary<string, SafetensorsEntry> entries,
    IReadOnlyDictionary<string, long[]> shapes,
    (string Strip, string Add) given)
{
    private const string OfCompile = "_orig_mod.";

    private readonly SafetensorsEntry[] _unexpected = [.. report.Unexpected.Select(name => entries[name])];

    /// <summary>What to write, or null where no prefix helps.</summary>
    public string? Hint() => AsTheyAre() ?? ToStrip() ?? OfCompiledPart() ?? ToAdd() ?? BesidesStrip() ?? BesidesAdd();

    private string? AsTheyAre()
    {
        var missing = report.Missing.ToHashSet();
        var count = _unexpected.Count(entry => missing.Contains(entry.Name) && entry.Fits(shapes[entry.Name]));
        return IsMost(count, _unexpected.Length, missing.Count)
            ? $"Of the missing, the file has {count} under the network's own names: leave out {Given}."
            : null;
    }

    private string? ToStrip() => Most(_unexpected.Select(Named), report.Missing.Select(Named)) is { } found
        ? $"Of the missing, the file has {found.Count} that begin with '{found.Prefix}': "
            + $"stripPrefix: \"{found.Prefix}\"{Without("addPrefix", given.Add)} loads them."
        : null;

    private string? OfCompiledPart() => _unexpected.Any(entry => entry.Name.Contains(OfCompile, StringComparison.Ordinal))
        ? $"The file's names contain '{OfCompile}', which torch.compile adds: save the state_dict of the module that was compiled."
        : null;

    private string? ToAdd() => Most(report.Missing.Select(Named), _unexpected.Select(Named)) is { } found
        ? $"Of the unexpected, the network has {found.Count} that begin with '{found.Prefix}': "
            + $"addPrefix: \"{found.Prefix}\"{Without("stripPrefix", given.Strip)} loads them."
        : null;

    /// <summary>What is stripped is right, and something must be added besides.</summary>
    private string? BesidesStrip() =>
        given.Strip.Length > 0 && Most(report.Missing.Select(Named), _unexpected.Select(Stripped)) is { } found
            ? BothLoad(given.Strip, found)
            : null;

    /// <summary>What is added is right, and something must be stripped besides.</summary>
    private string? BesidesAdd() =>
        given.Add.Length > 0 && Most(_unexpected.Select(Named), InsideOfAdded()) is { } found
            ? BothLoad(found.Prefix, (given.Add, found.Count))
            : null;

    private static string BothLoad(string strip, (string Prefix, int Count) add) =>
        $"Of the missing, the file has {add.Count} under other prefixes: stripPrefix: \"{strip}\" and addPrefix: \"{add.Prefix}\" load "
            + "them.";

    private string Given => string.Join(" and ", new[] { ("stripPrefix", given.Strip), ("addPrefix", given.Add) }
        .Where(prefix => prefix.Item2.Length > 0).Select(prefix => prefix.Item1));

    private static string Without(string name, string prefix) => prefix.Length > 0 ? $" without {name}" : "";

    private static (string Name, IReadOnlyList<long> Shape) Named(SafetensorsEntry entry) => (entry.Name, entry.Shape);

    private (string Name, IReadOnlyList<long> Shape) Named(string name) => (name, shapes[name]);

    private (string Name, IReadOnlyList<long> Shape) Stripped(SafetensorsEntry entry) =>
        (entry.Name.StartsWith(given.Strip, StringComparison.Ordinal) ? entry.Name[given.Strip.Length..] : entry.Name, entry.Shape);

    private IEnumerable<(string Name, IReadOnlyList<long> Shape)> InsideOfAdded() => report.Missing
        .Where(name => name.StartsWith(given.Add, StringComparison.Ordinal))
        .Select(name => (name[given.Add.Length..], (IReadOnlyList<long>)shapes[name]));

    /// <summary>
    /// The prefix under which most of some names are among the longer ones, with the same shapes. Names such as <c>0.weight</c> end
    /// those of many networks, and short shapes such as [64] are in all: so a prefix counts only where it explains most of what
    /// there is to explain.
    /// </summary>
    private static (string Prefix, int Count)? Most(
        IEnumerable<(string Name, IReadOnlyList<long> Shape)> longer, IEnumerable<(string Name, IReadOnlyList<long> Shape)> names)
    {
        // A prefix ends with a dot; of each longer name only its own endings can be meant.
        var wanted = new Dictionary<string, IReadOnlyList<long>>();
        foreach (var (name, shape) in names)
            wanted.TryAdd(name, shape);
        var counts = new Dictionary<string, int>();
        var all = 0;
        foreach (var (name, shape) in longer)
        {
            all++;
            for (var dot = name.IndexOf('.'); dot >= 0; dot = name.IndexOf('.', dot + 1))
            {
                if (wanted.TryGetValue(name[(dot + 1)..], out var other) && AreAlike(shape, other))
                    counts[name[..(dot + 1)]] = counts.GetValueOrDefault(name[..(dot + 1)]) + 1;
            }
        }

        var (prefix, count) = counts.Count == 0 ? default : counts.MaxBy(pair => pair.Value);
        return IsMost(count, all, wanted.Count) ? (prefix!, count) : null;
    }

    /// <summary>Old versions of PyTorch had no scalars; see <see cref="SafetensorsEntry.Fits"/>.</summary>
    private static bool AreAlike(IReadOnlyList<long> one, IReadOnlyList<long> other) =>
        one.SequenceEqual(other) || one.Count + other.Count == 1 && one.Concat(other).Single() == 1;

    private static bool IsMost(int count, int some, int others) => 2 * count > Math.Min(some, others);
}
