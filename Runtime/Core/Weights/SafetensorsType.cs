using System.Collections.Generic;
using System.Linq;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>The element types of the format, and the dtypes of TorchSharp that hold them.</summary>
internal static class SafetensorsType
{
    private static readonly Dictionary<string, (int Bits, ScalarType? Dtype)> Types = new()
    {
        ["BOOL"] = (8, ScalarType.Bool),
        ["U8"] = (8, ScalarType.Byte),
        ["I8"] = (8, ScalarType.Int8),
        ["I16"] = (16, ScalarType.Int16),
        ["I32"] = (32, ScalarType.Int32),
        ["I64"] = (64, ScalarType.Int64),
        ["F16"] = (16, ScalarType.Float16),
        ["BF16"] = (16, ScalarType.BFloat16),
        ["F32"] = (32, ScalarType.Float32),
        ["F64"] = (64, ScalarType.Float64),
        ["C64"] = (64, ScalarType.ComplexFloat32),
        // In the format, not in TorchSharp: a file may hold them as long as their values are not read.
        ["U16"] = (16, null),
        ["U32"] = (32, null),
        ["U64"] = (64, null),
        ["F8_E4M3"] = (8, null),
        ["F8_E5M2"] = (8, null),
        ["F8_E8M0"] = (8, null),
        ["F6_E2M3"] = (6, null),
        ["F6_E3M2"] = (6, null),
        ["F4"] = (4, null),
    };

    private static readonly Dictionary<ScalarType, string> Names =
        Types.Where(t => t.Value.Dtype is not null).ToDictionary(t => t.Value.Dtype!.Value, t => t.Key);

    /// <summary>The names of all types, and of those that TorchSharp has.</summary>
    internal static IEnumerable<string> Known => Types.Keys;

    internal static IEnumerable<string> Supported => Names.Values;

    internal static bool TryGetBits(string name, out int bits)
    {
        var known = Types.TryGetValue(name, out var type);
        bits = type.Bits;
        return known;
    }

    internal static ScalarType? DtypeOf(string name) => Types[name].Dtype;

    internal static string? NameOf(ScalarType dtype) => Names.GetValueOrDefault(dtype);
}
