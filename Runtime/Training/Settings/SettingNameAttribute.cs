using System;

namespace KnDsl.Training;

/// <summary>The name of a setting, or of a value of an enumeration, where it is not the property's in kebab-case.</summary>
/// <param name="name">Lower-case letters, digits and dashes, such as <c>lr</c>.</param>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
public sealed class SettingNameAttribute(string name) : Attribute
{
    /// <summary>The name, as the json file has it; the option is <c>--name</c>.</summary>
    public string Name { get; } = name;
}
