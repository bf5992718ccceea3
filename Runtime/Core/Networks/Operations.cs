using System;
using System.Diagnostics.CodeAnalysis;
using System.Linq;
using TorchSharp;
using TorchSharp.Modules;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Operations of the language that TorchSharp has no function for, or one that holds its numbers by nothing: see <see cref="Numbers"/>.
/// </summary>
public static class Operations
{
    private static readonly CompiledScript Compiled = new("""
        def adaptive_max_pool3d(x: Tensor, depth: int, height: int, width: int) -> List[Tensor]:
            return [torch.adaptive_max_pool3d(x, [depth, height, width])[0]]
        def mish(x: Tensor) -> List[Tensor]:
            return [torch.mish(x)]
        def softplus(x: Tensor, beta: float, threshold: float) -> List[Tensor]:
            return [torch.softplus(x, beta, threshold)]
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
        var tensor = full(sizes, Held(value), dtype: dtype ?? get_default_dtype(), device: device ?? get_default_device());
        if (std > 0)
            tensor.normal_(value, std);
        var parameter = new Parameter(tensor);
        // A module outlives the dispose scope in which it is made.
        parameter.DetachFromDisposeScope();
        return parameter;
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

    /// <summary>Other sizes for the same elements of each sample (torch.reshape).</summary>
    /// <param name="input">[N, ...].</param>
    /// <param name="sizes">The sizes after the batch; one of them may be -1, for whatever remains, of an empty batch too.</param>
    /// <returns>[N, ...sizes]: a view where it can be one.</returns>
    public static Tensor reshape(Tensor input, long[] sizes)
    {
        var (elements, known) = (Product(input.shape.AsSpan(1)), -Product(sizes));
        return input.reshape([input.shape[0], .. sizes.Select(size => size < 0 && known > 0 ? elements / known : size)]);
    }

    private static long Product(ReadOnlySpan<long> sizes)
    {
        var product = 1L;
        foreach (var size in sizes)
            product *= size;
        return product;
    }

    /// <summary>Moves blocks of positions into channels (torch.nn.PixelUnshuffle), of an empty batch too.</summary>
    /// <param name="input">[N, C, H, W].</param>
    /// <param name="factor">The block's height and width; it divides H and W.</param>
    /// <returns>[N, C factor^2, H / factor, W / factor].</returns>
    public static Tensor pixel_unshuffle(Tensor input, long factor) => input.shape is [0, var channels, var height, var width]
        ? input.reshape(0, channels * factor * factor, height / factor, width / factor)
        : nn.functional.pixel_unshuffle(input, factor);

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

    /// <summary>
    /// Divides by (k + alpha mean of squares over neighbouring channels)^beta (torch.nn.functional.local_response_norm), of no samples too.
    /// </summary>
    /// <param name="input">[N, C, ...] with at least one dimension of positions.</param>
    /// <param name="size">The number of neighbouring channels.</param>
    /// <param name="alpha">The weight of the mean of squares.</param>
    /// <param name="beta">The exponent.</param>
    /// <param name="k">The number added.</param>
    /// <returns>A tensor of the input's shape, always a handle of its own.</returns>
    public static Tensor local_response_norm(Tensor input, long size, double alpha = 1e-4, double beta = 0.75, double k = 1) =>
        input.numel() == 0 ? input.alias() : nn.functional.local_response_norm(input, size, alpha, beta, k);

    /// <summary>The sum of two values (torch.add).</summary>
    /// <param name="input">A value.</param>
    /// <param name="other">A value that broadcasts with it.</param>
    /// <returns>A new tensor.</returns>
    public static Tensor add(Tensor input, Tensor other) => Sum(input, other);

    /// <summary>A value plus a number (torch.add).</summary>
    /// <param name="input">A value.</param>
    /// <param name="other">The number.</param>
    /// <returns>A new tensor.</returns>
    public static Tensor add(Tensor input, double other) => Sum(input, other);

    /// <summary>A value less a number (torch.sub).</summary>
    /// <param name="input">A value.</param>
    /// <param name="other">The number.</param>
    /// <returns>A new tensor.</returns>
    public static Tensor sub(Tensor input, double other) => input.sub(Held(other));

    /// <summary>A number less a value (torch.rsub).</summary>
    /// <param name="input">A value.</param>
    /// <param name="other">The number.</param>
    /// <returns>A new tensor.</returns>
    public static Tensor rsub(Tensor input, double other)
    {
        using var negative = input.neg();
        return Sum(negative, other);
    }

    /// <summary>A value times a number (torch.mul).</summary>
    /// <param name="input">A value.</param>
    /// <param name="other">The number.</param>
    /// <returns>A new tensor.</returns>
    public static Tensor mul(Tensor input, double other) => input.mul(Held(other));

    /// <summary>x where positive, a slope times x elsewhere (torch.nn.functional.leaky_relu).</summary>
    /// <param name="input">A value.</param>
    /// <param name="negative_slope">The slope below zero.</param>
    /// <returns>A tensor of the input's shape.</returns>
    public static Tensor leaky_relu(Tensor input, double negative_slope = 0.01) => input.leaky_relu(Held(negative_slope));

    /// <summary>x where positive, alpha (exp(x) - 1) elsewhere (torch.nn.functional.elu).</summary>
    /// <param name="input">A value.</param>
    /// <param name="alpha">What large negative values tend to, negated.</param>
    /// <returns>A tensor of the input's shape.</returns>
    public static Tensor elu(Tensor input, double alpha = 1) => input.elu(Held(alpha), One, One);

    /// <summary>max(0, x) + min(0, alpha (exp(x / alpha) - 1)) (torch.nn.functional.celu).</summary>
    /// <param name="input">A value.</param>
    /// <param name="alpha">What large negative values tend to, negated.</param>
    /// <returns>A tensor of the input's shape.</returns>
    public static Tensor celu(Tensor input, double alpha = 1) => input.celu(Held(alpha));

    /// <summary>x, limited to a range (torch.nn.functional.hardtanh).</summary>
    /// <param name="input">A value.</param>
    /// <param name="min_val">The least value.</param>
    /// <param name="max_val">The largest value.</param>
    /// <returns>A tensor of the input's shape.</returns>
    public static Tensor hardtanh(Tensor input, double min_val = -1, double max_val = 1) => input.clamp(Held(min_val), Held(max_val));

    /// <summary>x where above a threshold, else a value (torch.nn.functional.threshold).</summary>
    /// <param name="input">A value.</param>
    /// <param name="threshold">The number that x must exceed.</param>
    /// <param name="value">What stands for the others.</param>
    /// <returns>A tensor of the input's shape.</returns>
    public static Tensor threshold(Tensor input, double threshold, double value) => input.threshold(Held(threshold), Held(value));

    /// <summary>log(1 + exp(beta x)) / beta (torch.nn.functional.softplus).</summary>
    /// <param name="input">A value.</param>
    /// <param name="beta">The steepness.</param>
    /// <param name="threshold">The value of beta x above which the function is x.</param>
    /// <returns>A tensor of the input's shape.</returns>
    public static Tensor softplus(Tensor input, double beta = 1, double threshold = 20) =>
        Compiled.Call("softplus", input, beta, threshold)[0];

    /// <summary>x / (1 + |x|) (torch.nn.functional.softsign).</summary>
    /// <param name="input">A value.</param>
    /// <returns>A tensor of the input's shape.</returns>
    public static Tensor softsign(Tensor input)
    {
        using var size = input.abs();
        using var divisor = Sum(size, 1);
        return input / divisor;
    }

    /// <summary>x tanh(softplus(x)) (torch.nn.functional.mish).</summary>
    /// <param name="input">A value.</param>
    /// <returns>A tensor of the input's shape.</returns>
    public static Tensor mish(Tensor input) => Compiled.Call("mish", input)[0];

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
        using var scale = kept.div_(Held(1 - p)).alias();
        return input * scale;
    }
}
