using System;
using System.Collections.Generic;
using System.ComponentModel.DataAnnotations;
using System.Linq;
using System.Reflection;
using System.Runtime.ExceptionServices;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace KnDsl.Training;

/// <summary>The settings that a record has, found by reflection. A record in it is a group.</summary>
internal sealed class SettingsSchema
{
    private readonly ConstructorInfo _constructor;

    /// <summary>The members in the order of their declaration, those of base types first.</summary>
    private readonly IReadOnlyList<Member> _members;

    /// <param name="type">The record.</param>
    /// <exception cref="ArgumentException">The record cannot be one of settings; the message says which member and why.</exception>
    public SettingsSchema(Type type)
        : this(type, [], [])
    {
        foreach (var same in All.GroupBy(setting => setting.Option).Where(same => same.Count() > 1))
            throw new ArgumentException($"{type.Name} has two settings for {same.Key}: {string.Join(" and ", same.Select(s => s.Name))}.");
        foreach (var same in Flat.GroupBy(member => member.Name).Where(same => same.Count() > 1))
            throw new ArgumentException($"{type.Name} has a setting and a group that are both named {same.Key}.");
        foreach (var setting in All.Where(setting => !Regex.IsMatch(setting.Option, "^--[a-z0-9]+(-[a-z0-9]+)*$")))
            throw new ArgumentException($"{setting.Name} is no name for a setting; expected lower-case letters, digits and single dashes.");
    }

    private SettingsSchema(Type type, IReadOnlyList<string> groups, IReadOnlyList<Type> around)
    {
        if (around.Contains(type))
            throw new ArgumentException($"{type.Name} contains itself, by way of {string.Join(", ", around.Select(t => t.Name))}.");
        _constructor = type.GetConstructor(Type.EmptyTypes)
            ?? throw new ArgumentException($"{type.Name} has no parameterless constructor; settings are set by 'init' properties.");
        _members =
        [
            .. from property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
               where property.SetMethod is { IsPublic: true } && property.GetMethod is not null && property.GetIndexParameters().Length == 0
               orderby Depth(property.DeclaringType!), property.MetadataToken
               select IsGroup(property.PropertyType)
                   ? new Member(property, null, new SettingsSchema(
                       property.PropertyType,
                       IsFlattened(property) ? groups : [.. groups, SettingNameAttribute.Of(property)],
                       [.. around, type]))
                   : new Member(property, new SettingProperty(property, groups), null),
        ];
        if (_members.FirstOrDefault(member => member.Setting is not null && IsFlattened(member.Property)) is { } single)
            throw new ArgumentException($"{type.Name}.{single.Property.Name} is no record of settings, and cannot be flattened.");
    }

    /// <summary>The members as they are named: those of flattened groups in the place of their group.</summary>
    private IEnumerable<Member> Flat => _members.SelectMany(member => IsFlattened(member.Property) ? member.Group!.Flat : [member]);

    /// <summary>Every setting, also of groups.</summary>
    public IEnumerable<SettingProperty> All => _members.SelectMany(member => member.Setting is { } one ? [one] : member.Group!.All);

    /// <summary>Every setting with its value in a record.</summary>
    public IEnumerable<(SettingProperty Setting, object? Value)> ValuesOf(object record) => _members.SelectMany(member =>
        member.Setting is { } setting ? [(setting, member.Property.GetValue(record))] : member.Group!.ValuesOf(GroupIn(record, member)));

    /// <summary>Makes a record.</summary>
    /// <param name="given">The values that are not the defaults.</param>
    public object Create(IReadOnlyDictionary<SettingProperty, object?> given) => Create(New(), given);

    /// <summary>Writes the values of a record as a json object.</summary>
    public void Write(Utf8JsonWriter json, object record)
    {
        json.WriteStartObject();
        WriteMembers(json, record);
        json.WriteEndObject();
    }

    /// <summary>
    /// What a record has against its values together (<see cref="IValidatableObject"/>), with the settings that it names.
    /// </summary>
    public IEnumerable<(string Message, IReadOnlyList<SettingProperty> Settings)> ProblemsOf(object record)
    {
        if (record is IValidatableObject validatable)
        {
            foreach (var result in validatable.Validate(new ValidationContext(record)).Where(result => result != ValidationResult.Success))
            {
                var named = result.MemberNames.Select(name => Flat.FirstOrDefault(member => member.Property.Name == name)?.Setting);
                yield return (result.ErrorMessage ?? "These settings do not go together.", [.. named.OfType<SettingProperty>()]);
            }
        }
        foreach (var problem in _members.Where(m => m.Group is not null).SelectMany(m => m.Group!.ProblemsOf(GroupIn(record, m))))
            yield return problem;
    }

    /// <summary>The setting or group of a name in a json object.</summary>
    public (SettingProperty? Setting, SettingsSchema? Group) Find(string key) =>
        Flat.FirstOrDefault(member => member.Name == key) is { } found
            ? (found.Setting, found.Group)
            : (null, null);

    /// <summary>The names in a json object.</summary>
    public IEnumerable<string> Keys => Flat.Select(member => member.Name);

    /// <summary>The settings of a flattened group by the name of its property, which no json object has; none of another name.</summary>
    public IEnumerable<string> KeysOfFlattened(string key) => _members.Where(member => IsFlattened(member.Property)).SelectMany(member =>
        SettingNameAttribute.Of(member.Property) == key ? member.Group!.Keys : member.Group!.KeysOfFlattened(key));

    private void WriteMembers(Utf8JsonWriter json, object record)
    {
        foreach (var member in _members)
        {
            if (IsFlattened(member.Property))
            {
                member.Group!.WriteMembers(json, GroupIn(record, member));
                continue;
            }
            json.WritePropertyName(member.Name);
            if (member.Setting is { } setting)
                setting.Write(json, member.Property.GetValue(record));
            else
                member.Group!.Write(json, GroupIn(record, member));
        }
    }

    private object Create(object defaults, IReadOnlyDictionary<SettingProperty, object?> given)
    {
        // A new record: the defaults of a group may be an object that others share.
        var record = New();
        foreach (var member in _members)
        {
            member.Property.SetValue(record, member.Setting is { } setting
                ? given.TryGetValue(setting, out var value) ? value : member.Property.GetValue(defaults)
                : member.Group!.Create(GroupIn(defaults, member), given));
        }
        return record;
    }

    private object New()
    {
        try
        {
            return _constructor.Invoke([]);
        }
        catch (TargetInvocationException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerException!);
            throw;
        }
    }

    private static object GroupIn(object record, Member member) => member.Property.GetValue(record) ?? member.Group!.New();

    private static bool IsGroup(Type type) =>
        type.IsClass && SettingKind.Of(type) is null && SettingProperty.ItemTypeOf(type) is null
        && type.GetConstructor(Type.EmptyTypes) is not null
        && type.Namespace?.StartsWith("System", StringComparison.Ordinal) != true;

    private static bool IsFlattened(PropertyInfo property) => property.IsDefined(typeof(FlattenAttribute));

    private static int Depth(Type type) => type.BaseType is { } above ? 1 + Depth(above) : 0;

    /// <param name="Property">The property.</param>
    /// <param name="Setting">Of a single value.</param>
    /// <param name="Group">Of a record of settings.</param>
    private sealed record Member(PropertyInfo Property, SettingProperty? Setting, SettingsSchema? Group)
    {
        /// <summary>The name in a json object.</summary>
        public string Name => SettingNameAttribute.Of(Property);
    }
}
