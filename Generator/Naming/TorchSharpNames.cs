using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Operations.Contract;

namespace KnDsl.Generator.Naming;

/// <summary>Where TorchSharp 0.107 differs from PyTorch, whose names the language has; and what the runtime does in its place.</summary>
internal static class TorchSharpNames
{
    /// <summary>
    /// Functions that have another name, that TorchSharp lacks or gets wrong (its adaptive_max_pool3d is that of one dimension, its
    /// hardtanh hands its input on, its local_response_norm throws without samples), or that make a number which nothing holds while native
    /// code reads it.
    /// </summary>
    private static readonly HashSet<string> Own =
    [
        .. new[]
        {
            "adaptive_max_pool3d", "celu", "channel_shuffle", "elu", "hardtanh", "leaky_relu", "local_response_norm", "mish", "softplus",
            "softsign", "threshold",
        }.Select(name => "torch.nn.functional." + name),
    ];

    /// <summary>Arguments that have another name, by function or class.</summary>
    private static readonly Dictionary<(string Callee, string Argument), string> Arguments = new()
    {
        [("Linear", "bias")] = "hasBias",
        [("torch.nn.functional.scaled_dot_product_attention", "dropout_p")] = "p",
    };

    /// <summary>Modules that do not move their parameters themselves: TorchSharp finds their properties by reflection.</summary>
    private static readonly HashSet<string> Moved = ["Embedding", "PReLU"];

    /// <summary>The function as C# names it.</summary>
    public static string Function(string name) =>
        Own.Contains(name) ? "Operations." + name.Substring("torch.nn.functional.".Length)
        : name.StartsWith("torch.nn.", StringComparison.Ordinal) ? name.Substring("torch.".Length)
        : name.StartsWith("kndsl.", StringComparison.Ordinal) ? "Operations." + name.Substring("kndsl.".Length)
        : name;

    /// <summary>Whether TorchSharp looks for the module's members by reflection when its parameters move.</summary>
    public static bool MovesByReflection(ModuleType type) => type.Library == ModuleLibrary.Torch && Moved.Contains(type.Name);

    public static string Argument(string callee, string name) => Arguments.TryGetValue((callee, name), out var own) ? own : name;
}
