using System;

namespace KnDsl;

/// <summary>Arithmetic on sizes that generated constructors use, and the checks that only their arguments decide.</summary>
public static class Sizes
{
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

    /// <summary>Demands what the .knnet file tells of an argument.</summary>
    /// <param name="holds">Whether it is so.</param>
    /// <param name="code">The diagnostic's code, the same as in the file.</param>
    /// <param name="message">The diagnostic's message.</param>
    /// <param name="found">The number that the message names as a formula, or null.</param>
    /// <exception cref="ArgumentException">It is not so.</exception>
    public static void Require(bool holds, string code, string message, object? found = null)
    {
        if (!holds)
            throw new ArgumentException(FormattableString.Invariant($"{code}: {message}{(found is null ? "" : $" With these arguments it is {found}.")}"));
    }

    /// <summary>Demands that two sizes are equal, as the .knnet file tells.</summary>
    /// <param name="left">What one side makes of the constructor's arguments.</param>
    /// <param name="right">What the other side makes of them.</param>
    /// <param name="code">The diagnostic's code, the same as in the file.</param>
    /// <param name="message">The diagnostic's message, its sizes as formulas.</param>
    /// <exception cref="ArgumentException">They differ.</exception>
    public static void RequireEqual(long left, long right, string code, string message)
    {
        if (left != right)
            throw new ArgumentException($"{code}: {message} With these arguments the sides are {left} and {right}.");
    }
}
