using System;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace KnDsl;

/// <summary>Checks of settings. Their errors name the setting, its value, and the rule that it breaks.</summary>
internal static class Setting
{
    /// <summary>A share of what is new, of which there may be none.</summary>
    public static double Share(double value, [CallerArgumentExpression(nameof(value))] string name = "") =>
        value is >= 0 and <= 1 ? value : throw OutOfRange(name, value, "must be at least 0 and at most 1");

    /// <summary>A share of what is new, of which there must be some.</summary>
    public static double PositiveShare(double value, string name) =>
        value is > 0 and <= 1 ? value : throw OutOfRange(name, value, "must be greater than 0 and at most 1");

    /// <summary>A probability with which something is left out, of which something must be left.</summary>
    public static double ShareBelowOne(double value, [CallerArgumentExpression(nameof(value))] string name = "") =>
        value is >= 0 and < 1 ? value : throw OutOfRange(name, value, "must be at least 0 and less than 1");

    public static double Positive(double value, [CallerArgumentExpression(nameof(value))] string name = "") =>
        value > 0 && double.IsFinite(value) ? value : throw OutOfRange(name, value, "must be a finite number above 0");

    public static double NotNegative(double value, [CallerArgumentExpression(nameof(value))] string name = "") =>
        value >= 0 && double.IsFinite(value) ? value : throw OutOfRange(name, value, "must be a finite number, at least 0");

    public static long AtLeastOne(long value, [CallerArgumentExpression(nameof(value))] string name = "") =>
        value >= 1 ? value : throw OutOfRange(name, value, "must be at least 1");

    public static int? WholeOrAtLeastOne(int? value, [CallerArgumentExpression(nameof(value))] string name = "") =>
        value is null or >= 1 ? value : throw OutOfRange(name, value, "must be at least 1, or null for the whole batch");

    /// <summary>A number as a .knnet file writes it, in any culture.</summary>
    public static string Spell(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    public static ArgumentOutOfRangeException OutOfRange(string name, object? value, string rule) =>
        new(name, value, string.Create(CultureInfo.InvariantCulture, $"{name} is {value}, but it {rule}."));
}
