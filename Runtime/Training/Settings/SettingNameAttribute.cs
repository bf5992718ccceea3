using System;
using System.Reflection;
using System.Text.Json;

namespace KnDsl.Training;

/// <summary>The name of a setting, or of a value of an enumeration, where it is not the property's in kebab-case.</summary>
/// <param name="name">Lower-case letters, digits and dashes, such as <c>lr</c>.</param>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
public sealed class SettingNameAttribute(string name) : Attribute
{
    /// <summary>The name, as the json file has it; the option is <c>--name</c>.</summary>
    public string Name { get; } = name;

    /// <summary>The name of an enumeration's value in settings, as the command line and the json file have it.</summary>
    /// <param name="value">A value that the enumeration names.</param>
    /// <exception cref="ArgumentException">The enumeration has no name for it.</exception>
    public static string Of(Enum value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return value.GetType().GetField(value.ToString()) is { } field
            ? Of(field) : throw new ArgumentException($"{value} is no value of {value.GetType().Name}.", nameof(value));
    }

    /// <summary>The name of a property, or of an enumeration's value.</summary>
    internal static string Of(MemberInfo member) =>
        member.GetCustomAttribute<SettingNameAttribute>()?.Name ?? JsonNamingPolicy.KebabCaseLower.ConvertName(member.Name);
}
