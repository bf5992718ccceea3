using System;
using System.Diagnostics.CodeAnalysis;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>Operations of the language that TorchSharp has no function for.</summary>
public static class Operations
{
    private static readonly CompiledScript Compiled = new("""
        def adaptive_max_pool3d(x: Tensor, depth: int, height: int, width: int) -> List[Tensor]:
            return [torch.adaptive_max_pool3d(x, [depth, height, width])[0]]
        """);

    /// <summary>Moves a user's module to the device and type of the network.</summary>
    /// <param name="module">The module.</param>
    /// <param name="device">Its device; null leaves it where it is.</param>
    /// <param name="dtype">The type of its parameters; null leaves it.</param>
    /// <returns>The module itself.</returns>
    public static T place<[DynamicallyAccessedMembers(Components.Reflected)] T>(T module, Device? device, ScalarType? dtype)
        where T : nn.Module
    {
        if (device is not null)
            module.to(device);
        if (dtype is { } type)
            module.to(type);
        return module;
    }

    /// <summary>A learned tensor, its elements equal or drawn from a normal distribution.</summary>
    /// <param name="sizes">Its sizes.</param>
    /// <param name="value">The mean of the elements.</param>
    /// <param name="std">Their standard deviation; 0 makes all equal.</param>
    /// <param name="device">Where it is made; torch's default where none is given.</param>
    /// <param name="dtype">Its type; torch's default where none is given.</param>
    /// <returns>A parameter for the module that registers it.</returns>
    public static Parameter learned(long[] sizes, double value, double std, Device? device, ScalarType? dtype)
    {
        var tensor = full(sizes, value, dtype: dtype ?? get_default_dtype(), device: device ?? get_default_device());
        if (std > 0)
            tensor.normal_(value, std);
        return new Parameter(tensor);
    }

    /// <summary>A view of a row of numbers along one dimension of a value, so that they multiply or add to it.</summary>
    /// <param name="row">[C].</param>
    /// <param name="axis">The dimension; negative ones count from the end.</param>
    /// <param name="rank">The value's number of dimensions.</param>
    /// <returns>C numbers in that dimension, 1 in all others.</returns>
    internal static Tensor along(Tensor row, long axis, long rank)
    {
        var shape = new long[rank];
        Array.Fill(shape, 1);
        shape[axis < 0 ? axis + rank : axis] = row.shape[0];
        return row.view(shape);
    }

    /// <summary>A range of a dimension. Torch's slice takes what there is of it; this one refuses what the value does not have.</summary>
    /// <param name="input">Any value.</param>
    /// <param name="axis">The dimension; negative ones count from the end.</param>
    /// <param name="start">The first position.</param>
    /// <param name="end">The position after the last.</param>
    /// <param name="step">The distance of positions.</param>
    /// <returns>A view.</returns>
    /// <exception cref="ArgumentException">The dimension is smaller.</exception>
    public static Tensor slice(Tensor input, int axis, long start, long end, long step = 1) =>
        end <= input.size(axis) ? input.slice(axis, start, end, step)
            : throw Outside("slice", FormattableString.Invariant($"{start} to {end}"), input, axis, "range");

    /// <summary>One position of a dimension, which is left out then.</summary>
    /// <param name="input">Any value.</param>
    /// <param name="axis">The dimension; negative ones count from the end.</param>
    /// <param name="index">The position; negative ones count from the end.</param>
    /// <returns>A view.</returns>
    /// <exception cref="ArgumentException">The dimension does not have the position.</exception>
    public static Tensor select(Tensor input, int axis, long index) =>
        input.size(axis) is var size && index < size && index >= -size ? input.select(axis, index)
            : throw Outside("select", FormattableString.Invariant($"position {index}"), input, axis, "position");

    /// <summary>Interleaves groups of channels (torch.nn.ChannelShuffle).</summary>
    /// <param name="input">[N, C, ...].</param>
    /// <param name="groups">The number of groups; it divides C.</param>
    /// <returns>[N, C, ...]: channel g C/groups + i becomes channel i groups + g.</returns>
    public static Tensor channel_shuffle(Tensor input, long groups)
    {
        var shape = input.shape;
        using var grouped = input.reshape([shape[0], groups, shape[1] / groups, .. shape[2..]]);
        using var swapped = grouped.transpose(1, 2);
        return swapped.reshape(shape);
    }

    /// <summary>The maximum over as many windows as the output has positions (torch.nn.AdaptiveMaxPool3d).</summary>
    /// <param name="input">[N, C, D, H, W].</param>
    /// <param name="size">The output's three spatial sizes.</param>
    /// <returns>[N, C, ...size].</returns>
    public static Tensor adaptive_max_pool3d(Tensor input, long[] size) =>
        Compiled.Call("adaptive_max_pool3d", input, (int)size[0], (int)size[1], (int)size[2])[0];

    private static ArgumentException Outside(string operation, string found, Tensor input, int axis, string expected)
    {
        var dimension = axis < 0 ? axis + (int)input.dim() : axis;
        return new ArgumentException(FormattableString.Invariant(
            $"KN0213: '{operation}' takes {found} of dimension {dimension}, which has size {input.size(dimension)} in a value of shape ")
            + $"[{string.Join(", ", input.shape)}]; expected a {expected} inside it.");
    }

    /// <summary>
    /// Sets whole samples to zero at random and scales the others by 1 / (1 - p) (Huang et al. 2016, "Deep networks with
    /// stochastic depth"; torchvision.ops.stochastic_depth with mode "row").
    /// </summary>
    /// <param name="input">[N, ...].</param>
    /// <param name="p">The probability of zero, in [0, 1).</param>
    /// <param name="training">Whether anything is done at all.</param>
    /// <returns>A tensor of the input's shape, always a handle of its own.</returns>
    /// <exception cref="ArgumentOutOfRangeException">p is outside of [0, 1).</exception>
    public static Tensor stochastic_depth(Tensor input, double p, bool training)
    {
        if (p is not (>= 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(p), p, "The probability of stochastic depth must be in [0, 1).");
        if (!training || p == 0)
            return input.alias();
        var shape = new long[input.dim()];
        Array.Fill(shape, 1);
        shape[0] = input.shape[0];
        using var kept = torch.empty(shape, dtype: input.dtype, device: input.device).bernoulli_(1 - p);
        using var scale = kept.div_(1 - p).alias();
        return input * scale;
    }
}
