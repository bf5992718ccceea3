using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Linq;
using System.Text.Json;

namespace KnDsl.Training;

/// <summary>The settings of a record as options of a command: <c>--learning-rate 0.1</c>, and <c>--config</c> for a json file.</summary>
/// <typeparam name="T">The record; <see cref="SettingsFile"/> describes it.</typeparam>
public sealed class SettingsOptions<T>
    where T : class
{
    private readonly SettingsSchema _schema = new(typeof(T));
    private readonly List<(SettingProperty Setting, Option Option)> _options = [];
    private readonly Option<string?> _config = new("--config")
    {
        Description = "A json file with settings, such as settings.json of a run; options replace what it has",
        HelpName = "file",
    };

    /// <summary>Adds the options to a command.</summary>
    /// <exception cref="ArgumentException">
    /// The record cannot be one of settings, or the command has an option of the same name already.
    /// </exception>
    public SettingsOptions(Command command)
    {
        var defaults = _schema.Create(new Dictionary<SettingProperty, object?>());
        var values = _schema.ValuesOf(defaults).ToDictionary(pair => pair.Setting, pair => pair.Value);
        foreach (var setting in _schema.All)
        {
            Option option = setting.ItemType is null
                ? new Option<string>(setting.Option)
                {
                    // A flag is set by its name alone, and cleared by "false" after it.
                    Arity = setting.Kind.Takes(JsonTokenType.True) ? ArgumentArity.ZeroOrOne : ArgumentArity.ExactlyOne,
                }
                : new Option<string[]>(setting.Option) { AllowMultipleArgumentsPerToken = true, Arity = ArgumentArity.OneOrMore };
            option.HelpName = setting.Kind.Placeholder + (setting.ItemType is null ? "" : "s");
            option.Description = Describe(setting, values[setting]);
            Add(command, option);
            _options.Add((setting, option));
        }
        Add(command, _config);
    }

    /// <summary>The settings that a command line gives: its options over the file of <c>--config</c> over the defaults.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="below">A json file whose settings are below those of <c>--config</c>; or null.</param>
    /// <param name="skipsUnknown">Whether settings of that file that the record lacks are left out without a word.</param>
    /// <exception cref="SettingsException">The message says for each problem where it is, and what would be right.</exception>
    public T Read(ParseResult parsed, string? below = null, bool skipsUnknown = false)
    {
        var reader = new SettingsReader(_schema);
        if (below is not null)
            reader.AddFile(below, skipsUnknown);
        if (parsed.GetValue(_config) is { } file)
            reader.AddFile(file);
        foreach (var (setting, option) in _options)
        {
            if (parsed.GetResult(option) is { Implicit: false } given)
                reader.AddOption(setting, [.. given.Tokens.Select(token => token.Value)]);
        }
        return (T)reader.Create();
    }

    private static void Add(Command command, Option option)
    {
        if (command.Options.Any(other => other.Name == option.Name || other.Aliases.Contains(option.Name)))
            throw new ArgumentException($"{typeof(T).Name} has a setting for {option.Name}, which the command has already.");
        command.Add(option);
    }

    /// <summary>What it is, what it may be, and what it is if it is not given.</summary>
    private static string Describe(SettingProperty setting, object? value)
    {
        var expected = setting.Expected;
        var about = setting.Description.Length == 0 ? expected : $"{setting.Description.TrimEnd('.')}: {expected}";
        return $"{about} {(setting.IsRequired ? "[required]" : $"[default: {setting.Format(value)}]")}";
    }
}
