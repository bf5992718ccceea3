using System;
using System.Collections.Generic;
using KnDsl.Language.Operations.Contract;

namespace KnDsl.Generator.Naming;

/// <summary>Where TorchSharp 0.107 differs from PyTorch, whose names the language has; and what the runtime does in its place.</summary>
internal static class TorchSharpNames
{
    /// <summary>Functions that have another name, or that TorchSharp lacks or gets wrong.</summary>
    private static readonly Dictionary<string, string> Functions = new()
    {
        // TorchSharp takes its adaptive_max_pool3d for that of one dimension.
        ["torch.nn.functional.adaptive_max_pool3d"] = "Operations.adaptive_max_pool3d",
        ["torch.nn.functional.channel_shuffle"] = "Operations.channel_shuffle",
    };

    /// <summary>Functions that are methods of a tensor. TorchSharp's functional.hardtanh hands its input on.</summary>
    private static readonly Dictionary<string, string> Methods = new() { ["torch.nn.functional.hardtanh"] = "clamp" };

    /// <summary>Arguments that have another name, by function or class.</summary>
    private static readonly Dictionary<(string Callee, string Argument), string> Arguments = new()
    {
        [("Linear", "bias")] = "hasBias",
        [("torch.nn.functional.scaled_dot_product_attention", "dropout_p")] = "p",
    };

    /// <summary>Modules that do not move their parameters themselves: TorchSharp finds their properties by reflection.</summary>
    private static readonly HashSet<string> Moved = ["Embedding", "PReLU"];

    /// <summary>The function as C# names it.</summary>
    public static string Function(string name) => Functions.TryGetValue(name, out var own) ? own
        : name.StartsWith("torch.nn.", StringComparison.Ordinal) ? name.Substring("torch.".Length)
        : name.StartsWith("kndsl.", StringComparison.Ordinal) ? "Operations." + name.Substring("kndsl.".Length)
        : name;

    /// <summary>The method that a function is, or null.</summary>
    public static string? Method(string function) => Methods.TryGetValue(function, out var method) ? method : null;

    /// <summary>Whether TorchSharp looks for the module's members by reflection when its parameters move.</summary>
    public static bool MovesByReflection(ModuleType type) => type.Library == ModuleLibrary.Torch && Moved.Contains(type.Name);

    public static string Argument(string callee, string name) => Arguments.TryGetValue((callee, name), out var own) ? own : name;
}
