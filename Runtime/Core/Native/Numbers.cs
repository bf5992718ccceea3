using System;
using TorchSharp;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>Numbers for methods of tensors, held while native code reads them.</summary>
/// <remarks>
/// TorchSharp 0.107 makes an object of a number that it gives to native code and does not hold it: when another thread causes a garbage
/// collection, the number may be freed while it is read, and the method throws, or computes with another number. <c>x * 0.5</c>,
/// <c>x.clamp_min(0)</c>, <c>x.square()</c> and even <c>x + y</c> of two tensors, which passes a 1, are such calls. This class has the
/// same operations with numbers that are held; generated code and the runtime use no others.
/// </remarks>
public static class Numbers
{
    /// <summary>How many numbers of a thread are held. One expression needs a few.</summary>
    private const int Capacity = 64;

    private static readonly Scalar Two = 2;

    [ThreadStatic]
    private static Scalar?[]? _held;

    [ThreadStatic]
    private static int _next;

    /// <summary>The number 1, for methods that take a factor: <c>x.add_(y, One)</c>.</summary>
    public static Scalar One { get; } = 1;

    /// <summary>A number that is held until this thread has asked for 64 others; it is for one call and not to be kept.</summary>
    /// <param name="number">A floating-point number: it makes a tensor of floats of one of whole numbers.</param>
    /// <returns>The number for native code. The caller does not dispose it.</returns>
    public static Scalar Held(double number) => Hold(number.ToScalar());

    /// <inheritdoc cref="Held(double)"/>
    /// <param name="number">A whole number: it leaves the type of a tensor as it is.</param>
    public static Scalar Held(long number) => Hold(number.ToScalar());

    /// <inheritdoc cref="Held(double)"/>
    /// <param name="flag">A truth value.</param>
    internal static Scalar Held(bool flag) => Hold(flag.ToScalar());

    /// <summary>The sum of two tensors, which are broadcast to one shape.</summary>
    /// <param name="first">A tensor.</param>
    /// <param name="second">A tensor.</param>
    /// <returns>A new tensor.</returns>
    public static Tensor Sum(Tensor first, Tensor second) => first.add(second, One);

    /// <summary>The sum of three tensors, from the left.</summary>
    /// <param name="first">A tensor.</param>
    /// <param name="second">A tensor.</param>
    /// <param name="third">A tensor.</param>
    /// <returns>A new tensor.</returns>
    internal static Tensor Sum(Tensor first, Tensor second, Tensor third) => first.add(second, One).add(third, One);

    /// <summary>A tensor plus a number.</summary>
    /// <param name="tensor">A tensor.</param>
    /// <param name="number">What is added to each element.</param>
    /// <returns>A new tensor.</returns>
    public static Tensor Sum(Tensor tensor, double number) => tensor.add(Held(number), One);

    /// <inheritdoc cref="Sum(Tensor, double)"/>
    public static Tensor Sum(Tensor tensor, long number) => tensor.add(Held(number), One);

    /// <summary>The squares of the elements.</summary>
    /// <param name="tensor">A tensor.</param>
    /// <returns>A new tensor.</returns>
    public static Tensor Square(Tensor tensor) => tensor.pow(Two);

    /// <summary>log(1 + exp(x)) of the elements (torch.nn.functional.softplus).</summary>
    /// <param name="tensor">A tensor.</param>
    /// <returns>A new tensor.</returns>
    internal static Tensor Softplus(Tensor tensor)
    {
        using var opposite = tensor.neg();
        using var logarithm = nn.functional.logsigmoid(opposite);
        return logarithm.neg();
    }

    /// <summary>The whole numbers from 0 (torch.arange).</summary>
    /// <param name="count">How many.</param>
    /// <param name="dtype">Their type; int64 where none is given.</param>
    /// <param name="device">Where they lie; torch's default where none is given.</param>
    /// <returns>[count].</returns>
    internal static Tensor Range(long count, ScalarType? dtype = null, Device? device = null) =>
        arange(Held(0), Held(count), One, dtype ?? ScalarType.Int64, device);

    private static Scalar Hold(Scalar number)
    {
        var held = _held ??= new Scalar?[Capacity];
        _next = (_next + 1) % Capacity;
        held[_next]?.Dispose();
        held[_next] = number;
        return number;
    }
}
