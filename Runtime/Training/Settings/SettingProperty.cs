using System;
using System.Collections;
using System.Collections.Generic;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Linq;
using System.Reflection;
using System.Text.Json;
using KnDsl.Language.Text;

namespace KnDsl.Training;

/// <summary>One setting: a property of the record, or of a record in it.</summary>
internal sealed class SettingProperty
{
    // By its name: some packages bring an attribute of their own with it.
    private const string RequiredMember = "System.Runtime.CompilerServices.RequiredMemberAttribute";

    private readonly SettingLimits _limits;
    private readonly bool _isNullable;

    /// <param name="property">The property.</param>
    /// <param name="groups">The names of the groups that it is in, from the outermost.</param>
    /// <exception cref="ArgumentException">No setting can have the type of the property.</exception>
    public SettingProperty(PropertyInfo property, IReadOnlyList<string> groups)
    {
        Property = property;
        Key = SettingNameAttribute.Of(property);
        Name = string.Join('.', [.. groups, Key]);
        Option = "--" + string.Join('-', [.. groups, Key]);
        Description = property.GetCustomAttribute<DescriptionAttribute>()?.Description ?? "";
        MayChange = property.IsDefined(typeof(MayChangeAttribute));
        IsRequired = property.CustomAttributes.Any(attribute => attribute.AttributeType.FullName == RequiredMember)
            || property.IsDefined(typeof(RequiredAttribute));
        _isNullable = Nullable.GetUnderlyingType(property.PropertyType) is not null
            || new NullabilityInfoContext().Create(property).WriteState == NullabilityState.Nullable;
        ItemType = ItemTypeOf(property.PropertyType);
        var type = ItemType ?? property.PropertyType;
        Kind = SettingKind.Of(Nullable.GetUnderlyingType(type) is { } underlying && ItemType is null ? underlying : type)
            ?? throw new ArgumentException(
                $"{property.DeclaringType!.Name}.{property.Name} is of type {type.Name}, which no setting can have; expected a string, "
                + "bool, int, long, double, TimeSpan, an enumeration, a list of these, or a record of settings with a parameterless "
                + "constructor.");
        _limits = new SettingLimits(property, Kind, Name);
    }

    public PropertyInfo Property { get; }

    /// <summary>The name in its object of the json file.</summary>
    public string Key { get; }

    /// <summary>The name with those of its groups: <c>optimizer.momentum</c>.</summary>
    public string Name { get; }

    /// <summary>The option of the command line: <c>--optimizer-momentum</c>.</summary>
    public string Option { get; }

    public string Description { get; }

    public SettingKind Kind { get; }

    /// <summary>The type of the items of a list; null for a single value.</summary>
    public Type? ItemType { get; }

    /// <summary>Whether it may differ when a run goes on.</summary>
    public bool MayChange { get; }

    /// <summary>Whether it must be given, on the command line or in a file.</summary>
    public bool IsRequired { get; }

    /// <summary>What is expected, in words.</summary>
    public string Expected => ExpectedOr(NullText);

    /// <summary>What is null on the command line: a text can be any word, so there it is none at all.</summary>
    private string NullText => Kind.Type == typeof(string) && ItemType is null ? "\"\"" : "none";

    /// <summary>The type of the items where a type is a list of settings' values; null where it is none.</summary>
    public static Type? ItemTypeOf(Type type) =>
        type.IsArray ? type.GetElementType()
        : type.IsGenericType && type.IsAssignableFrom(typeof(List<>).MakeGenericType(type.GenericTypeArguments[0]))
            && type.GenericTypeArguments.Length == 1
            ? type.GenericTypeArguments[0]
            : null;

    /// <summary>Reads what follows an option on the command line.</summary>
    /// <exception cref="SettingsException">It is no value of this setting.</exception>
    public object? Read(IReadOnlyList<string> tokens)
    {
        if (_isNullable && tokens is [var text] && text == NullText.Trim('"'))
            return null;
        if (ItemType is not null)
        {
            const StringSplitOptions plain = StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries;
            var items = tokens.SelectMany(token => token.Split(',', plain));
            return ListOf([.. items.Select(item => Item(item, $"'{item}'", Option, _limits.Expected))]);
        }
        // A flag is set by its name alone.
        return tokens.Count == 0 ? true : Item(tokens[0], $"'{tokens[0]}'", Option, Expected);
    }

    /// <summary>Reads the value of an entry in a json file.</summary>
    /// <param name="entry">The value.</param>
    /// <param name="path">The file.</param>
    /// <exception cref="SettingsException">It is no value of this setting.</exception>
    public object? Read(JsonEntry entry, string path)
    {
        if (entry.Token == JsonTokenType.Null && _isNullable)
            return null;
        if (ItemType is null)
            return Item(entry, Place(path, entry, Name), ExpectedOr("null"));
        if (entry.Token != JsonTokenType.StartArray)
            throw Wrong(Place(path, entry, Name), entry.Shown, ExpectedOr("null"));
        return ListOf(
        [
            .. entry.Children.Select((child, at) => Item(child.Value, Place(path, child.Value, $"{Name}[{at}]"), _limits.Expected)),
        ]);
    }

    /// <summary>What attributes that are not of single values have against a value.</summary>
    public IEnumerable<string> ProblemsOf(object? value) => _limits.ProblemsOf(value);

    /// <summary>Whether a value is one of this setting: that which no file and no command line gave may be out of range.</summary>
    public bool Allows(object? value) => value is null ? _isNullable : ItemsOf(value).All(_limits.Allows);

    /// <summary>A value as it is written on the command line.</summary>
    public string Format(object? value) =>
        value is null ? NullText : string.Join(',', ItemsOf(value).Select(Kind.Format));

    /// <summary>Writes a value as json.</summary>
    public void Write(Utf8JsonWriter json, object? value)
    {
        if (value is null)
        {
            json.WriteNullValue();
            return;
        }
        if (ItemType is not null)
            json.WriteStartArray();
        foreach (var item in ItemsOf(value))
            Kind.Write(json, item);
        if (ItemType is not null)
            json.WriteEndArray();
    }

    /// <summary>Whether two values are equal; lists are if their items are.</summary>
    public bool AreEqual(object? one, object? other) =>
        one is null || other is null ? ReferenceEquals(one, other) : ItemsOf(one).SequenceEqual(ItemsOf(other));

    private IEnumerable<object> ItemsOf(object value) => ItemType is null ? [value] : ((IEnumerable)value).Cast<object>();

    private string ExpectedOr(string nothing) =>
        (ItemType is null ? _limits.Expected : $"a list, each item {_limits.Expected}") + (_isNullable ? $", or {nothing}" : "");

    private object Item(JsonEntry entry, string where, string expected) => Kind.Takes(entry.Token)
        ? Item(entry.Token is JsonTokenType.True or JsonTokenType.False ? entry.Shown : entry.Text, entry.Shown, where, expected)
        : throw Wrong(where, entry.Shown, expected);

    private object Item(string text, string shown, string where, string expected) =>
        Kind.Parse(text) is { } value && _limits.Allows(value) ? value
        : throw Wrong(where, shown, expected, Spelling.Hint(text, _limits.Names));

    private object ListOf(IReadOnlyList<object> items)
    {
        var array = Array.CreateInstance(ItemType!, items.Count);
        for (var i = 0; i < items.Count; i++)
            array.SetValue(items[i], i);
        return Property.PropertyType.IsAssignableFrom(array.GetType()) ? array : Activator.CreateInstance(Property.PropertyType, array)!;
    }

    private static string Place(string path, JsonEntry entry, string name) =>
        string.Create(CultureInfo.InvariantCulture, $"{path}({entry.Line}): {name}");

    private static SettingsException Wrong(string where, string found, string expected, string? hint = null) =>
        new($"{where} is {found}, expected {expected}.{(hint is null ? "" : $" {hint}")}");
}
