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

    /// <summary>What a division to the floor leaves, with the sign of the divisor; C#'s own has the sign of the dividend.</summary>
    /// <param name="dividend">The dividend.</param>
    /// <param name="divisor">The divisor, not 0.</param>
    public static double Remainder(double dividend, double divisor) => dividend - Math.Floor(dividend / divisor) * divisor;

    /// <summary>The larger of two sizes: what they become where one of 1 is repeated.</summary>
    /// <param name="left">One size.</param>
    /// <param name="right">The other size.</param>
    public static long Largest(long left, long right) => Math.Max(left, right);

    /// <inheritdoc cref="Largest(long, long)"/>
    public static int Largest(int left, int right) => Math.Max(left, right);

    /// <summary>Demands a property of an argument that the .knnet file requires.</summary>
    /// <param name="holds">Whether it holds.</param>
    /// <param name="code">The diagnostic's code, the same as in the file.</param>
    /// <param name="message">The diagnostic's message.</param>
    /// <param name="found">The number that the message names as a formula, or null.</param>
    /// <exception cref="ArgumentException">It does not hold.</exception>
    public static void Require(bool holds, string code, string message, object? found = null)
    {
        if (!holds)
        {
            throw new ArgumentException(found is null
                ? $"{code}: {message}"
                : FormattableString.Invariant($"{code}: {message} With these arguments it is {found}."));
        }
    }

    /// <summary>Demands that two sizes are equal, as the .knnet file requires.</summary>
    /// <param name="left">One side's value for the constructor's arguments.</param>
    /// <param name="right">The other side's value.</param>
    /// <param name="code">The diagnostic's code, the same as in the file.</param>
    /// <param name="message">The diagnostic's message, its sizes as formulas.</param>
    /// <exception cref="ArgumentException">They differ.</exception>
    public static void RequireEqual(long left, long right, string code, string message)
    {
        if (left != right)
            throw new ArgumentException($"{code}: {message} With these arguments the sides are {left} and {right}.");
    }

    /// <summary>Demands that two sizes are equal or one of them 1, which is then repeated.</summary>
    /// <inheritdoc cref="RequireEqual"/>
    public static void RequireRepeatable(long left, long right, string code, string message)
    {
        if (left != 1 && right != 1)
            RequireEqual(left, right, code, message);
    }
}
