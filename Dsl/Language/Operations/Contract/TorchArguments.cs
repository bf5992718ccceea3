using System.Collections.Generic;
using System.Linq;

namespace KnDsl.Language.Operations.Contract;

/// <summary>Hints for arguments as torch.nn names them.</summary>
internal static class TorchArguments
{
    private static readonly Dictionary<string, string> Own = new()
    {
        ["kernel_size"] = "kernel", ["out_channels"] = "channels", ["out_features"] = "features", ["padding_mode"] = "mode",
        ["num_groups"] = "groups",
        ["output_size"] = "size", ["scale_factor"] = "factor", ["start_dim"] = "start", ["end_dim"] = "end", ["dim"] = "axis",
        ["upscale_factor"] = "factor",
    };

    public static string? Hint(string name, IReadOnlyList<string> known) =>
        Own.TryGetValue(name, out var own) && known.Contains(own) ? $"Did you mean '{own}'?"
        : name is "in_channels" or "in_features" or "num_features" or "num_channels" ? "Remove it: it follows from the input."
        : name == "inplace" ? "Remove it: memory is freed as soon as a value is no longer needed."
        : null;
}
