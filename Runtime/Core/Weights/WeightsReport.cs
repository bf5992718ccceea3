using System.Collections.Generic;
using System.Linq;

namespace KnDsl;

/// <summary>A tensor that is not as the network needs it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Found">The shape or dtype in the file.</param>
/// <param name="Expected">The network's.</param>
public sealed record WeightsMismatch(string Name, string Found, string Expected)
{
    /// <summary><c>conv1.weight is [64, 3, 3, 3], expected [64, 3, 7, 7]</c></summary>
    public override string ToString() => $"{Name} is {Found}, expected {Expected}";
}

/// <summary>How the tensors of a file and the parameters and buffers of a network fit together, by name.</summary>
public sealed record WeightsReport
{
    private const int MaxShown = 6;

    /// <summary>The network's name in the report's text.</summary>
    public required string Network { get; init; }

    /// <summary>Names that fit, in the network's order.</summary>
    public required IReadOnlyList<string> Matched { get; init; }

    /// <summary>Names that the file lacks.</summary>
    public required IReadOnlyList<string> Missing { get; init; }

    /// <summary>Names that only the file has.</summary>
    public required IReadOnlyList<string> Unexpected { get; init; }

    /// <summary>Tensors of another shape.</summary>
    public required IReadOnlyList<WeightsMismatch> Misshaped { get; init; }

    /// <summary>Tensors of a dtype that does not convert to the network's.</summary>
    public required IReadOnlyList<WeightsMismatch> Mistyped { get; init; }

    /// <summary>
    /// The <c>num_batches_tracked</c> that the file lacks, and the priors that a per-sample Kalman layer keeps for inference, which a
    /// file of the plain policy lacks. They stay as they are and spoil nothing: old checkpoints have no counts, and a layer without priors
    /// computes what the plain policy does.
    /// </summary>
    public required IReadOnlyList<string> Tolerated { get; init; }

    /// <summary>Whether file and network fit, apart from names that are tolerated.</summary>
    public bool IsComplete =>
        Missing.Count == 0 && Unexpected.Count == 0 && Misshaped.Count == 0 && Mistyped.Count == 0;

    /// <summary>What may be the cause of a difference, and what to write then.</summary>
    public IReadOnlyList<string> Hints { get; init; } = [];

    /// <summary>One line, followed by one for each kind of difference and one for each hint.</summary>
    public override string ToString()
    {
        var lines = new List<string>
        {
            IsComplete
                ? $"fits {Network}: {Matched.Count} tensors matched"
                : $"does not fit {Network}: {Matched.Count} tensors matched",
        };
        AddTo(lines, "missing", Missing);
        AddTo(lines, "unexpected", Unexpected);
        AddTo(lines, "misshaped", Misshaped);
        AddTo(lines, "of a dtype that does not convert", Mistyped);
        lines.AddRange(Hints.Select(hint => "  " + hint));
        return string.Join("\n", lines);
    }

    private static void AddTo<T>(List<string> lines, string what, IReadOnlyList<T> items)
    {
        if (items.Count == 0)
            return;
        var rest = items.Count > MaxShown ? $", and {items.Count - MaxShown} more" : "";
        lines.Add($"  {items.Count} {what}: {string.Join(", ", items.Take(MaxShown))}{rest}");
    }
}
