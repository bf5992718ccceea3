using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace KnDsl.Training;

/// <summary>Records of settings as json.</summary>
/// <remarks>
/// A record has properties with <c>init</c> and defaults, of the types string, bool, int, long, double, TimeSpan, enumerations, lists of
/// these, and other such records, which are groups. <see cref="System.ComponentModel.DescriptionAttribute"/> says what a setting is;
/// <c>[Range]</c>, <c>[AllowedValues]</c> and the other attributes of System.ComponentModel.DataAnnotations say what it may be;
/// <c>required</c>, that it must be given; <see cref="SettingNameAttribute"/>, <see cref="MayChangeAttribute"/> and
/// <see cref="FlattenAttribute"/> are KnDsl's own.
/// A record that is an <see cref="System.ComponentModel.DataAnnotations.IValidatableObject"/> checks values against each other.
/// </remarks>
public static class SettingsFile
{
    private static readonly JsonWriterOptions Readable = new()
    {
        Indented = true,
        // The file is read by people and by this library, never put into a web page.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Reads a file; what it lacks has its default.</summary>
    /// <param name="path">The file.</param>
    /// <param name="skipsUnknown">Whether settings that the record lacks are left out without a word.</param>
    /// <exception cref="SettingsException">The file cannot be read, or is not one of these settings.</exception>
    public static T Read<T>(string path, bool skipsUnknown = false)
        where T : class
    {
        var reader = new SettingsReader(new SettingsSchema(typeof(T)));
        reader.AddFile(path, skipsUnknown);
        return (T)reader.Create();
    }

    /// <summary>All settings as the text of a json file, which is read as an equal record.</summary>
    /// <param name="settings">The record.</param>
    public static string ToJson<T>(T settings)
        where T : class
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, Readable))
            new SettingsSchema(typeof(T)).Write(json, settings);
        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }

    /// <summary>Writes a file: all of it or nothing.</summary>
    /// <param name="path">The file, whose folder exists.</param>
    /// <param name="settings">The record.</param>
    /// <exception cref="RunFileException">The file cannot be written.</exception>
    public static void Write<T>(string path, T settings)
        where T : class => RunFile.Write(path, ToJson(settings));

    /// <summary>The settings that differ between two records. Lists are equal if their items are.</summary>
    public static IReadOnlyList<SettingDifference> Differences<T>(T before, T now)
        where T : class
    {
        var schema = new SettingsSchema(typeof(T));
        return
        [
            .. from pair in schema.ValuesOf(before).Zip(schema.ValuesOf(now))
               let setting = pair.First.Setting
               where !setting.AreEqual(pair.First.Value, pair.Second.Value)
               select new SettingDifference(
                   setting.Name, setting.Format(pair.First.Value), setting.Format(pair.Second.Value), setting.MayChange),
        ];
    }
}

/// <summary>A setting whose values differ.</summary>
/// <param name="Name">Its name, with those of its groups: <c>optimizer.momentum</c>.</param>
/// <param name="Before">The one value, as the command line has it.</param>
/// <param name="Now">The other.</param>
/// <param name="MayChange">Whether the two are allowed to differ: <see cref="MayChangeAttribute"/>.</param>
public sealed record SettingDifference(string Name, string Before, string Now, bool MayChange);
