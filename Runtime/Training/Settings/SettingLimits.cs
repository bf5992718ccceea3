using System;
using System.Collections;
using System.Collections.Generic;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Linq;
using System.Reflection;

namespace KnDsl.Training;

/// <summary>What the attributes of a property demand of its values. Of a list, ranges and allowed values are for each item.</summary>
internal sealed class SettingLimits
{
    private readonly SettingKind _kind;
    private readonly string _name;
    private readonly RangeAttribute? _range;
    private readonly object? _least, _most;
    private readonly object?[] _allowed;
    private readonly ValidationAttribute[] _others;

    /// <param name="property">The property.</param>
    /// <param name="kind">The kind of its values, or of the items of its list.</param>
    /// <param name="name">The setting's name, for messages of attributes.</param>
    public SettingLimits(PropertyInfo property, SettingKind kind, string name)
    {
        (_kind, _name) = (kind, name);
        var all = property.GetCustomAttributes<ValidationAttribute>().ToArray();
        _range = all.OfType<RangeAttribute>().FirstOrDefault();
        _allowed = all.OfType<AllowedValuesAttribute>().FirstOrDefault()?.Values ?? [];
        _others = [.. all.Where(attribute => attribute is not (RangeAttribute or AllowedValuesAttribute))];
        if (_range is not null)
            (_least, _most) = (Limit(_range.Minimum), Limit(_range.Maximum));
    }

    /// <summary>What is expected of a value, in words: "a number above 0".</summary>
    public string Expected
    {
        get
        {
            if (_allowed.Length > 0)
                return $"one of {string.Join(", ", Names)}";
            if (_range is null)
                return _kind.Expected;
            var words = (IsLeast(_least), IsMost(_most)) switch
            {
                (true, true) => "",
                (true, false) => _range.MaximumIsExclusive ? $"below {Text(_most)}" : $"{Text(_most)} or less",
                (false, true) => _range.MinimumIsExclusive ? $"above {Text(_least)}" : $"{Text(_least)} or more",
                _ when !_range.MinimumIsExclusive && !_range.MaximumIsExclusive => $"from {Text(_least)} to {Text(_most)}",
                _ => (_range.MinimumIsExclusive ? $"above {Text(_least)}" : $"{Text(_least)} or more")
                    + (_range.MaximumIsExclusive ? $" and below {Text(_most)}" : $" and at most {Text(_most)}"),
            };
            return words.Length == 0 ? _kind.Expected : $"{_kind.Expected}{(char.IsLetter(words[0]) ? "" : ",")} {words}";
        }
    }

    /// <summary>The values that there are, where they can be told.</summary>
    public IReadOnlyList<string> Names => _allowed.Length > 0
        ? [.. _allowed.OfType<object>().Select(value => value is string text ? text : _kind.Format(Convert(value)))]
        : _kind.Names;

    /// <summary>Whether a value, or an item of a list, is in its range and one of those that are allowed.</summary>
    public bool Allows(object value) =>
        (_range is null || Above(value) && Below(value))
        && (_allowed.Length == 0 || _allowed.OfType<object>().Any(allowed => Convert(allowed).Equals(value)));

    /// <summary>What else the attributes have against the value as a whole: in the words of each.</summary>
    public IEnumerable<string> ProblemsOf(object? value) =>
        // A list is given to attributes for lengths as they know it.
        from attribute in _others
        where !attribute.IsValid(value is IEnumerable items and not string ? items.Cast<object>().ToArray() : value)
        select attribute.FormatErrorMessage(_name);

    private bool Above(object value) => Compare(value, _least!) is var order && (_range!.MinimumIsExclusive ? order > 0 : order >= 0);

    private bool Below(object value) => Compare(value, _most!) is var order && (_range!.MaximumIsExclusive ? order < 0 : order <= 0);

    private static int Compare(object value, object limit) => ((IComparable)value).CompareTo(limit);

    /// <summary>A limit as a value of the kind. One beyond all values is the last value.</summary>
    private object Limit(object limit)
    {
        if (limit is double number && (_kind.Type == typeof(int) || _kind.Type == typeof(long)))
        {
            var (least, most) = _kind.Type == typeof(int) ? (int.MinValue, int.MaxValue) : (long.MinValue, long.MaxValue);
            limit = number <= least ? least : number >= most ? most : (long)number;
        }
        return Convert(limit);
    }

    private object Convert(object value)
    {
        if (value.GetType() == _kind.Type)
            return value;
        try
        {
            return value is string text && _kind.Parse(text) is { } parsed
                ? parsed
                : System.Convert.ChangeType(value, _kind.Type, CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is InvalidCastException or FormatException or OverflowException)
        {
            throw new ArgumentException($"{_name} has a limit or an allowed value {value}, expected {_kind.Expected}.", e);
        }
    }

    private string Text(object? limit) => _kind.Format(limit!);

    private static bool IsLeast(object? limit) => limit is double.NegativeInfinity or double.MinValue or int.MinValue or long.MinValue;

    private static bool IsMost(object? limit) => limit is double.PositiveInfinity or double.MaxValue or int.MaxValue or long.MaxValue
        || limit is TimeSpan time && time == TimeSpan.MaxValue;
}
