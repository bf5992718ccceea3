using System;
using System.Linq;
using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Arithmetic on sizes that generated classes use, and the checks that only the arguments of their constructors or the inputs of
/// their forward passes decide.
/// </summary>
public static class Sizes
{
    /// <summary>A dimension of any size; of all dimensions the batch alone may be empty.</summary>
    public static SizeRule Any => new(1, 0);

    /// <summary>A dimension whose size is a multiple of a number, or a number more.</summary>
    /// <param name="factor">The number, at least 1.</param>
    /// <param name="plus">What comes to the multiple.</param>
    /// <param name="least">How many times at least, where windows of the network need more than once.</param>
    /// <exception cref="ArgumentOutOfRangeException">The factor is less than 1.</exception>
    public static SizeRule MultipleOf(long factor, long plus = 0, long least = 1) => new(Setting.AtLeastOne(factor), plus, least);

    /// <summary>A dimension that windows of the network need to be so large.</summary>
    /// <param name="least">The least size.</param>
    public static SizeRule AtLeast(long least) => new(1, 0, least);

    /// <summary>The floor of a quotient; C#'s own division rounds towards zero.</summary>
    /// <param name="dividend">The dividend.</param>
    /// <param name="divisor">The divisor, not 0.</param>
    public static long FloorDivide(long dividend, long divisor)
    {
        var quotient = dividend / divisor;
        return dividend % divisor != 0 && dividend < 0 != divisor < 0 ? quotient - 1 : quotient;
    }

    /// <inheritdoc cref="FloorDivide(long, long)"/>
    public static int FloorDivide(int dividend, int divisor) => (int)FloorDivide((long)dividend, divisor);

    /// <summary>What a division to the floor leaves, with the sign of the divisor; C#'s own has the sign of the dividend.</summary>
    /// <param name="dividend">The dividend.</param>
    /// <param name="divisor">The divisor, not 0.</param>
    public static double Remainder(double dividend, double divisor) => dividend - Math.Floor(dividend / divisor) * divisor;

    /// <inheritdoc cref="Remainder(double, double)"/>
    public static long Remainder(long dividend, long divisor) => dividend - FloorDivide(dividend, divisor) * divisor;

    /// <inheritdoc cref="Remainder(double, double)"/>
    public static int Remainder(int dividend, int divisor) => (int)Remainder((long)dividend, divisor);

    /// <summary>The larger of two sizes: what they become where one of 1 is repeated.</summary>
    /// <param name="left">One size.</param>
    /// <param name="right">The other size.</param>
    public static long Largest(long left, long right) => Math.Max(left, right);

    /// <inheritdoc cref="Largest(long, long)"/>
    public static int Largest(int left, int right) => Math.Max(left, right);

    /// <summary>Demands that an argument of a block's constructor, a size of one of its inputs, can be one.</summary>
    /// <param name="size">The argument.</param>
    /// <param name="name">Its name.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is less than 1.</exception>
    public static void RequirePositive(int size, [CallerArgumentExpression(nameof(size))] string name = "")
    {
        if (size < 1)
        {
            name = name.TrimStart('@');
            throw new ArgumentOutOfRangeException(name, size, FormattableString.Invariant($"{name} must be at least 1, found {size}."));
        }
    }

    /// <summary>Demands a property of an argument that the .knnet file requires.</summary>
    /// <param name="holds">Whether it holds.</param>
    /// <param name="code">The diagnostic's code, the same as in the file.</param>
    /// <param name="message">The diagnostic's message; without its full stop where it ends with the number as a formula.</param>
    /// <param name="found">The number that the message names as a formula, or null.</param>
    /// <param name="file">The .knnet file, to which the generated code maps its lines.</param>
    /// <param name="line">The line there.</param>
    /// <exception cref="ArgumentException">It does not hold.</exception>
    public static void Require(
        bool holds, string code, string message, object? found = null,
        [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        if (!holds)
        {
            var told = message.EndsWith('.') ? $"{message} With these arguments it is" : $"{message}, which is";
            throw Refused(file, line, code, found is null ? message : FormattableString.Invariant($"{told} {found}."));
        }
    }

    /// <summary>Demands that no module or parameter has a label yet, of which arguments are a part.</summary>
    /// <param name="owner">The module that will have it.</param>
    /// <param name="label">The label for the constructor's arguments: one segment of a key.</param>
    /// <param name="code">The diagnostic's code, the same as in the file.</param>
    /// <param name="message">The diagnostic's message.</param>
    /// <exception cref="ArgumentException">The module has it already.</exception>
    public static void RequireNewLabel(nn.Module owner, string label, string code, string message)
    {
        ArgumentNullException.ThrowIfNull(owner);
        if (owner.named_children().Any(child => child.name == label)
            || owner.named_parameters(recurse: false).Any(parameter => parameter.name == label))
        {
            throw new ArgumentException($"{code}: {message} With these arguments it is '{label}'.");
        }
    }

    /// <summary>Demands that two sizes are equal, as the .knnet file requires.</summary>
    /// <param name="left">One side's value for the constructor's arguments.</param>
    /// <param name="right">The other side's value.</param>
    /// <param name="code">The diagnostic's code, the same as in the file.</param>
    /// <param name="message">The diagnostic's message, its sizes as formulas.</param>
    /// <param name="file">The .knnet file, to which the generated code maps its lines.</param>
    /// <param name="line">The line there.</param>
    /// <exception cref="ArgumentException">They differ.</exception>
    public static void RequireEqual(
        long left, long right, string code, string message, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        if (left != right)
            throw Refused(file, line, code, $"{message} With these arguments the sides are {left} and {right}.");
    }

    /// <summary>Demands that two sizes do not differ, where only their difference is known.</summary>
    /// <param name="difference">The difference for the constructor's arguments.</param>
    /// <param name="code">The diagnostic's code, the same as in the file.</param>
    /// <param name="message">The diagnostic's message, its sizes as formulas.</param>
    /// <param name="file">The .knnet file, to which the generated code maps its lines.</param>
    /// <param name="line">The line there.</param>
    /// <exception cref="ArgumentException">They differ.</exception>
    public static void RequireNoDifference(
        long difference, string code, string message, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        if (difference != 0)
            throw Refused(file, line, code, $"{message} With these arguments the sides differ by {Math.Abs(difference)}.");
    }

    /// <summary>Demands that two sizes are equal or one of them 1, which is then repeated.</summary>
    /// <inheritdoc cref="RequireEqual"/>
    public static void RequireRepeatable(
        long left, long right, string code, string message, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        if (left != 1 && right != 1)
            RequireEqual(left, right, code, message, file, line);
    }

    /// <summary>Demands that a size is a multiple of another, as the .knnet file requires.</summary>
    /// <param name="size">The size for the constructor's arguments.</param>
    /// <param name="of">What it must be a multiple of.</param>
    /// <param name="code">The diagnostic's code, the same as in the file.</param>
    /// <param name="message">The diagnostic's message, its sizes as formulas.</param>
    /// <param name="file">The .knnet file, to which the generated code maps its lines.</param>
    /// <param name="line">The line there.</param>
    /// <exception cref="ArgumentException">It is not.</exception>
    public static void RequireMultiple(
        long size, long of, string code, string message, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        if (of == 0 || size % of != 0)
            throw Refused(file, line, code, $"{message} With these arguments {size} is no multiple of {of}.");
    }

    /// <summary>The error, in the form in which a build says it.</summary>
    private static ArgumentException Refused(string file, int line, string code, string text) =>
        new($"{file[(file.LastIndexOfAny(['/', '\\']) + 1)..]}({line}): {code}: {text}");

    /// <summary>Demands that an input has the shape that the .knnet file declares for it.</summary>
    /// <param name="input">The input.</param>
    /// <param name="module">The network or block.</param>
    /// <param name="name">The input's name in the file.</param>
    /// <param name="declared">Its sizes as the file has them: <c>[N, 3, 32*h, 32*w]</c>.</param>
    /// <param name="rules">What each of its dimensions must be.</param>
    /// <exception cref="ArgumentNullException">There is no input.</exception>
    /// <exception cref="ArgumentException">It has another shape.</exception>
    public static void RequireInput(Tensor input, string module, string name, string declared, ReadOnlySpan<SizeRule> rules)
    {
        if (input is null)
            throw new ArgumentNullException(name, $"'{module}' takes {declared} for '{name}', found null.");
        if (input.dim() != rules.Length)
            throw new WrongInput(input, module, name, declared).OfRank(rules);
        for (var axis = 0; axis < rules.Length; axis++)
        {
            if (!rules[axis].Admits(input.size(axis), axis == 0))
                throw new WrongInput(input, module, name, declared).OfSize(axis, rules);
        }
    }

    /// <summary>Demands that an input has floating point numbers, in any type: an automatic cast may change it later.</summary>
    /// <param name="input">The input.</param>
    /// <param name="module">The network or block.</param>
    /// <param name="name">The input's name in the file.</param>
    /// <exception cref="ArgumentException">It has others.</exception>
    public static void RequireFloatingPoint(Tensor input, string module, string name)
    {
        if (input.dtype is not (ScalarType.Float32 or ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Float64))
            throw WrongInput.OfNumbers(input, module, name, "floating point numbers", "float32");
    }

    /// <summary>Demands that an input has whole numbers of a type that torch takes for indices.</summary>
    /// <inheritdoc cref="RequireFloatingPoint"/>
    public static void RequireIndices(Tensor input, string module, string name)
    {
        if (input.dtype is not (ScalarType.Int64 or ScalarType.Int32))
            throw WrongInput.OfNumbers(input, module, name, "indices, int64 or int32,", "int64");
    }

    /// <summary>Demands that a dimension of an input has the size that other dimensions say.</summary>
    /// <param name="input">The input, its shape checked otherwise.</param>
    /// <param name="axis">The dimension.</param>
    /// <param name="size">The size that follows from others.</param>
    /// <param name="module">The network or block.</param>
    /// <param name="name">The input's name in the file.</param>
    /// <param name="declared">Its sizes as the file has them: <c>[N, 3, h, h]</c>.</param>
    /// <param name="text">The size as the file has it: <c>h</c>.</param>
    /// <exception cref="ArgumentException">It has another size.</exception>
    public static void RequireInputSize(Tensor input, int axis, long size, string module, string name, string declared, string text)
    {
        if (input.size(axis) != size)
            throw new WrongInput(input, module, name, declared).OfSymbol(axis, size, text);
    }

    /// <summary>Demands that what a module of C# gives has the shape that its extern declaration says.</summary>
    /// <param name="name">The module's class.</param>
    /// <param name="output">What it gave.</param>
    /// <param name="declared">The shape as the file has it: <c>[N, C, H, W]</c>.</param>
    /// <param name="sizes">The sizes; -1 for one that only the output tells.</param>
    /// <exception cref="InvalidOperationException">It has another shape.</exception>
    public static void RequireOutputOf(string name, Tensor? output, string declared, ReadOnlySpan<long> sizes)
    {
        var fits = output is not null && output.dim() == sizes.Length;
        for (var axis = 0; fits && axis < sizes.Length; axis++)
            fits = sizes[axis] < 0 || output!.size(axis) == sizes[axis];
        if (fits)
            return;
        var expected = string.Join(", ", sizes.ToArray().Select(size => size < 0 ? "any" : $"{size}"));
        throw new InvalidOperationException(
            $"KN0205: '{name}' gives {(output is null ? "null" : $"[{string.Join(", ", output.shape)}]")}, and its declaration says "
            + $"{declared}, which is [{expected}] here.");
    }

    /// <summary>Demands that a dimension of an output has the size that the .knnet file declares.</summary>
    /// <param name="output">The output.</param>
    /// <param name="axis">The dimension.</param>
    /// <param name="size">The declared size for these arguments and inputs.</param>
    /// <param name="module">The network.</param>
    /// <param name="declared">The output as the file has it: <c>x[N, 3, h, w]</c>.</param>
    /// <param name="text">The size as the file has it: <c>h</c>.</param>
    /// <exception cref="InvalidOperationException">It has another size.</exception>
    public static void RequireOutputSize(Tensor output, int axis, long size, string module, string declared, string text)
    {
        if (output.size(axis) != size)
        {
            throw new InvalidOperationException(
                $"KN0205: '{module}' declares {declared}, found [{string.Join(", ", output.shape)}]: with these arguments and inputs "
                    + $"dimension {axis} is {output.size(axis)} where {text} is {size}.");
        }
    }
}
