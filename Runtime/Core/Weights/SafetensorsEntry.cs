using System.Collections.Generic;
using System.Linq;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>A tensor in a safetensors file: its entry in the header.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its element type as the format names it, such as <c>F32</c>.</param>
/// <param name="Shape">Its sizes; empty for a scalar.</param>
/// <param name="Begin">Where its bytes begin, counted from the end of the header.</param>
/// <param name="End">Where they end.</param>
public sealed record SafetensorsEntry(string Name, string Type, IReadOnlyList<long> Shape, long Begin, long End)
{
    /// <summary>TorchSharp's dtype of the elements; null for one of the format's types that it does not have.</summary>
    public ScalarType? Dtype => SafetensorsType.DtypeOf(Type);

    /// <summary>The number of its bytes.</summary>
    public long Bytes => End - Begin;

    /// <summary><c>[64, 3, 7, 7]</c></summary>
    internal string ShapeText => TextOf(Shape);

    /// <summary>
    /// Whether it has the elements of a tensor of a shape: the same sizes, or one element in one dimension for a scalar, which old
    /// versions of PyTorch did not have and its load_state_dict takes.
    /// </summary>
    internal bool Fits(IReadOnlyList<long> shape) => Shape.SequenceEqual(shape) || shape.Count == 0 && Shape is [1];

    internal static string TextOf(IEnumerable<long> shape) => $"[{string.Join(", ", shape)}]";
}
