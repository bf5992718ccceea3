using System;
using System.Linq;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>The errors for an input that does not have the shape that the .knnet file declares for it.</summary>
/// <param name="input">The input.</param>
/// <param name="module">The network or block.</param>
/// <param name="name">The input's name.</param>
/// <param name="declared">Its sizes as the file has them.</param>
internal sealed class WrongInput(Tensor input, string module, string name, string declared)
{
    private readonly long[] _shape = input.shape;

    /// <summary>It has too few or too many dimensions.</summary>
    public ArgumentException OfRank(ReadOnlySpan<SizeRule> rules)
    {
        var isSample = _shape.Length == rules.Length - 1 && Admits(rules[1..], _shape, isBatchFirst: false);
        return Error(
            $"{_shape.Length} dimensions where {rules.Length} were expected."
                + (isSample ? " If it is one sample without its batch, unsqueeze(0) adds the batch." : ""));
    }

    /// <summary>A dimension has a size that it cannot have.</summary>
    public ArgumentException OfSize(int axis, ReadOnlySpan<SizeRule> rules)
    {
        var last = _shape.Length - 1;
        var isChannelsLast = last > 1 && Admits(rules, [_shape[0], _shape[last], .. _shape[1..last]], isBatchFirst: true);
        var order = string.Join(", ", Enumerable.Range(1, Math.Max(0, last - 1)).Prepend(last).Prepend(0));
        return Error(
            $"dimension {axis} is {_shape[axis]} where {rules[axis].Expected(_shape[axis])} was expected."
                + (isChannelsLast ? $" If its channels come last, permute({order}) puts them second." : ""));
    }

    /// <summary>A symbol stands for two sizes.</summary>
    public ArgumentException OfSymbol(int axis, long size, string text) =>
        Error($"dimension {axis} is {_shape[axis]} where {text} is {size}.");

    /// <summary>It has numbers of another type.</summary>
    /// <param name="input">The input.</param>
    /// <param name="module">The network or block.</param>
    /// <param name="name">The input's name.</param>
    /// <param name="expected">Which numbers were expected.</param>
    /// <param name="type">The type that makes such numbers of any, as torch names it.</param>
    public static ArgumentException OfNumbers(Tensor input, string module, string name, string expected, string type)
    {
        var toUnitRange = input.dtype == ScalarType.Byte && type == "float32" ? $", and {name}.to(float32) / 255 maps bytes to 0 to 1" : "";
        return new(
            $"KN0216: '{module}' takes {expected} for '{name}', found {NameOf(input.dtype)}: {name}.to({type}) converts them"
                + $"{toUnitRange}.");
    }

    private static string NameOf(ScalarType type) => type switch
    {
        ScalarType.Byte => "uint8",
        ScalarType.ComplexFloat32 => "complex64",
        ScalarType.ComplexFloat64 => "complex128",
        _ => type.ToString().ToLowerInvariant(),
    };

    private ArgumentException Error(string difference) =>
        new($"KN0216: '{module}' takes {declared} for '{name}', found [{string.Join(", ", _shape)}]: {difference}");

    private static bool Admits(ReadOnlySpan<SizeRule> rules, ReadOnlySpan<long> shape, bool isBatchFirst)
    {
        for (var axis = 0; axis < rules.Length; axis++)
        {
            if (!rules[axis].Admits(shape[axis], isBatchFirst && axis == 0))
                return false;
        }

        return true;
    }
}
