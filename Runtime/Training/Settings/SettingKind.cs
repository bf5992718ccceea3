using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Reflection;
using System.Text.Json;

namespace KnDsl.Training;

/// <summary>What a setting's value can be: how it is read from a text or a json file, and written.</summary>
/// <param name="type">The type of the values, without its <c>?</c>.</param>
/// <param name="placeholder">What stands for a value in the help.</param>
internal abstract class SettingKind(Type type, string placeholder)
{
    /// <summary>The type of the values, without its <c>?</c>.</summary>
    public Type Type { get; } = type;

    /// <summary>What stands for a value in the help.</summary>
    public string Placeholder { get; } = placeholder;

    /// <summary>What a value is, such as "a number", with an example of it where the form is not plain.</summary>
    public abstract string Expected { get; }

    /// <summary>The values that there are, where they can be told.</summary>
    public virtual IReadOnlyList<string> Names => [];

    /// <summary>Whether a value in a json file begins with this token.</summary>
    public virtual bool Takes(JsonTokenType token) => token == JsonTokenType.String;

    /// <summary>Reads a value.</summary>
    /// <returns>Null where the text is none.</returns>
    public abstract object? Parse(string text);

    /// <summary>The text that is read as a value.</summary>
    public abstract string Format(object value);

    /// <summary>Writes a value as json.</summary>
    public virtual void Write(Utf8JsonWriter json, object value) => json.WriteStringValue(Format(value));

    /// <summary>The kind of a type, or null where no setting can have it.</summary>
    public static SettingKind? Of(Type type) =>
        type == typeof(string) ? new TextKind()
        : type == typeof(bool) ? new FlagKind()
        : type == typeof(int) || type == typeof(long) ? new WholeKind(type)
        : type == typeof(double) ? new NumberKind()
        : type == typeof(TimeSpan) ? new DurationKind()
        : type.IsEnum ? new ChoiceKind(type)
        : null;

    private sealed class TextKind() : SettingKind(typeof(string), "text")
    {
        public override string Expected => "a text";

        public override object Parse(string text) => text;

        public override string Format(object value) => (string)value;
    }

    private sealed class FlagKind() : SettingKind(typeof(bool), "true|false")
    {
        public override string Expected => "true or false";

        public override IReadOnlyList<string> Names => ["true", "false"];

        public override bool Takes(JsonTokenType token) => token is JsonTokenType.True or JsonTokenType.False;

        public override object? Parse(string text) => text.ToLowerInvariant() switch { "true" => true, "false" => false, _ => null };

        public override string Format(object value) => (bool)value ? "true" : "false";

        public override void Write(Utf8JsonWriter json, object value) => json.WriteBooleanValue((bool)value);
    }

    private sealed class WholeKind(Type type) : SettingKind(type, "number")
    {
        public override string Expected => "a whole number";

        public override bool Takes(JsonTokenType token) => token == JsonTokenType.Number;

        public override object? Parse(string text)
        {
            // 1e6 and 64.0 are whole numbers as well.
            if (!decimal.TryParse(text, NumberStyles.Float & ~NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var value)
                || value != decimal.Truncate(value))
            {
                return null;
            }
            return Type == typeof(int)
                ? value is >= int.MinValue and <= int.MaxValue ? (int)value : null
                : value is >= long.MinValue and <= long.MaxValue ? (long)value : null;
        }

        public override string Format(object value) => Convert.ToString(value, CultureInfo.InvariantCulture)!;

        public override void Write(Utf8JsonWriter json, object value) =>
            json.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture));
    }

    private sealed class NumberKind() : SettingKind(typeof(double), "number")
    {
        public override string Expected => "a number";

        public override bool Takes(JsonTokenType token) => token == JsonTokenType.Number;

        public override object? Parse(string text) =>
            double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) ? value : null;

        public override string Format(object value) => ((double)value).ToString("R", CultureInfo.InvariantCulture);

        public override void Write(Utf8JsonWriter json, object value) => json.WriteNumberValue((double)value);
    }

    private sealed class DurationKind() : SettingKind(typeof(TimeSpan), "time")
    {
        private static readonly (string Unit, double Seconds)[] Units =
            [("ms", 0.001), ("s", 1), ("m", 60), ("min", 60), ("h", 3600), ("d", 86400)];

        public override string Expected => "a time, such as 90s, 15m, 1.5h or 00:15:00";

        public override object? Parse(string text)
        {
            // With two colons: 15:00 could be minutes or hours. Not by Parse, which takes 24:00:00 for 24 days.
            if (text.Count(c => c == ':') == 2)
                return TimeSpan.TryParseExact(text, ["c", @"h\:mm\:ss"], CultureInfo.InvariantCulture, out var time) ? time : null;
            var digits = text.TrimEnd([.. "abcdefghijklmnopqrstuvwxyz"]);
            var seconds = Units.FirstOrDefault(unit => unit.Unit == text[digits.Length..]).Seconds;
            return seconds > 0
                && double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
                && Math.Abs(value * seconds) < TimeSpan.MaxValue.TotalSeconds
                    ? TimeSpan.FromSeconds(value * seconds)
                    : null;
        }

        public override string Format(object value) => ((TimeSpan)value).ToString("c", CultureInfo.InvariantCulture);
    }

    private sealed class ChoiceKind : SettingKind
    {
        private readonly Dictionary<string, object> _values;
        private readonly Dictionary<string, string> _others;

        public ChoiceKind(Type type)
            : base(type, "name")
        {
            var fields = type.GetFields(BindingFlags.Public | BindingFlags.Static);
            _values = fields.ToDictionary(SettingNameAttribute.Of, field => field.GetValue(null)!);
            // The names as C# has them are read as well.
            _others = fields.GroupBy(field => field.Name.ToLowerInvariant())
                .ToDictionary(same => same.Key, same => SettingNameAttribute.Of(same.First()));
            Names = [.. _values.Keys];
        }

        public override string Expected => $"one of {string.Join(", ", Names)}";

        public override IReadOnlyList<string> Names { get; }

        public override object? Parse(string text)
        {
            var name = text.ToLowerInvariant();
            return _values.GetValueOrDefault(name) ?? (_others.TryGetValue(name, out var own) ? _values[own] : null);
        }

        public override string Format(object value) => _values.FirstOrDefault(pair => pair.Value.Equals(value)).Key
            ?? throw new ArgumentException($"{value} is no value of {Type.Name}; expected {Expected}.");
    }
}
