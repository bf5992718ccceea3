using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text.Json;
using KnDsl.Language.Text;

namespace KnDsl.Training;

/// <summary>Collects the values of settings from files and the command line; what comes later replaces what came before.</summary>
internal sealed class SettingsReader(SettingsSchema schema)
{
    private readonly Dictionary<SettingProperty, object?> _values = [];
    private readonly Dictionary<SettingProperty, string> _places = [];
    private readonly List<string> _problems = [];

    /// <summary>Takes the entries of a json file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="skipsUnknown">Whether names that the record lacks are left out without a word.</param>
    public void AddFile(string path, bool skipsUnknown = false)
    {
        try
        {
            Add(JsonEntry.Read(path), schema, "", path, skipsUnknown);
        }
        catch (SettingsException e)
        {
            _problems.AddRange(e.Problems);
        }
    }

    /// <summary>Takes what follows an option of the command line.</summary>
    public void AddOption(SettingProperty setting, IReadOnlyList<string> tokens)
    {
        try
        {
            Set(setting, setting.Read(tokens), setting.Option);
        }
        catch (SettingsException e)
        {
            _problems.AddRange(e.Problems);
        }
    }

    /// <summary>The record with all values.</summary>
    /// <exception cref="SettingsException">There is a problem, or several.</exception>
    public object Create()
    {
        _problems.AddRange(schema.All.Where(setting => setting.IsRequired && !_values.ContainsKey(setting))
            .Select(setting =>
                $"{setting.Option} is missing: give it, or \"{setting.Name}\" in a json file; expected {setting.Expected}."));
        if (_problems.Count > 0)
            throw new SettingsException([.. _problems]);

        var record = schema.Create(_values);
        foreach (var (setting, value) in schema.ValuesOf(record))
        {
            if (!setting.Allows(value))
                _problems.Add($"{PlaceOf(setting)} is {setting.Format(value)}, expected {setting.Expected}.");
            _problems.AddRange(setting.ProblemsOf(value).Select(problem => $"{PlaceOf(setting)} is {setting.Format(value)}: {problem}"));
        }
        if (_problems.Count == 0)
        {
            _problems.AddRange(schema.ProblemsOf(record).Select(problem => problem.Settings.Count == 0
                ? problem.Message
                : $"{string.Join(", ", problem.Settings.Select(PlaceOf))}: {problem.Message}"));
        }
        return _problems.Count > 0 ? throw new SettingsException([.. _problems]) : record;
    }

    private void Add(JsonEntry entry, SettingsSchema group, string prefix, string path, bool skipsUnknown)
    {
        if (entry.Token != JsonTokenType.StartObject)
        {
            var what = prefix.Length == 0 ? "this" : prefix.TrimEnd('.');
            _problems.Add(string.Create(
                CultureInfo.InvariantCulture, $"{path}({entry.Line}): {what} is {entry.Shown}, expected an object with settings."));
            return;
        }
        var seen = new Dictionary<string, int>();
        foreach (var (key, value) in entry.Children)
        {
            var place = string.Create(CultureInfo.InvariantCulture, $"{path}({value.Line})");
            var (setting, inner) = group.Find(key);
            if (!seen.TryAdd(key, value.Line))
                _problems.Add($"{place}: {prefix}{key} is given twice, first in line {seen[key]}; expected it once.");
            else if (inner is not null)
                Add(value, inner, $"{prefix}{key}.", path, skipsUnknown);
            else if (setting is not null)
                AddEntry(setting, value, path);
            else if (!skipsUnknown)
                _problems.Add($"{place}: {prefix}{key} is no setting. {Hint(key, group)}");
        }
    }

    private void AddEntry(SettingProperty setting, JsonEntry entry, string path)
    {
        try
        {
            Set(setting, setting.Read(entry, path), string.Create(CultureInfo.InvariantCulture, $"{path}({entry.Line}): {setting.Name}"));
        }
        catch (SettingsException e)
        {
            _problems.AddRange(e.Problems);
        }
    }

    private string Hint(string key, SettingsSchema group)
    {
        // A name of another group, or with its group's in front, is known as a whole.
        var elsewhere = schema.All.FirstOrDefault(setting => setting.Name == key || setting.Key == key || setting.Option == $"--{key}");
        if (elsewhere is not null)
        {
            return elsewhere.Name == elsewhere.Key
                ? $"Write it outside of any other object: \"{elsewhere.Key}\"."
                : $"Write it as {string.Join(": { ", elsewhere.Name.Split('.').Select(part => $"\"{part}\""))}"
                    + $": ...{string.Concat(elsewhere.Name.Where(c => c == '.').Select(_ => " }"))}.";
        }
        if (group.KeysOfFlattened(key).ToArray() is { Length: > 0 } flat)
            return $"Its settings have no object of their own: write {string.Join(", ", flat)} beside the others.";
        var kebab = JsonNamingPolicy.KebabCaseLower.ConvertName(key.Replace('_', '-'));
        return (group.Keys.Contains(kebab) ? $"Did you mean '{kebab}'?" : Spelling.Hint(key, group.Keys))
            ?? $"Expected one of {string.Join(", ", group.Keys)}.";
    }

    private void Set(SettingProperty setting, object? value, string place)
    {
        _values[setting] = value;
        _places[setting] = place;
    }

    private string PlaceOf(SettingProperty setting) => _places.GetValueOrDefault(setting, $"{setting.Option} (the default)");
}
