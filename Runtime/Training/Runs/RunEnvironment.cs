using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using TorchSharp;

namespace KnDsl.Training;

/// <summary>What a run depends on beside its settings, as json: versions, machine, command line, state of the sources.</summary>
internal static class RunEnvironment
{
    private static readonly JsonSerializerOptions Readable = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Adds this process to the file's list of those that worked on the run.</summary>
    /// <param name="path">The file; a damaged one is kept beside it, as <c>environment.json.damaged</c>, and begun anew.</param>
    /// <param name="device">What is computed on.</param>
    /// <param name="changes">Settings that differ from those of the process before.</param>
    /// <exception cref="RunFileException">The file cannot be written.</exception>
    public static void Add(string path, string? device, IReadOnlyList<SettingDifference> changes)
    {
        var starts = Earlier(path);
        starts.Add(Now(device, changes));
        RunFile.Write(path, new JsonObject { ["starts"] = starts }.ToJsonString(Readable) + "\n");
    }

    private static JsonArray Earlier(string path)
    {
        try
        {
            if (File.Exists(path) && JsonNode.Parse(File.ReadAllText(path))?["starts"] is JsonArray starts)
                return (JsonArray)starts.DeepClone();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Somebody edited it, or a disk was full; the settings are what a run needs.
        }

        if (File.Exists(path))
            RunFileException.Wrap(path, () => File.Move(path, $"{path}.damaged", overwrite: true));
        return [];
    }

    private static JsonObject Now(string? device, IReadOnlyList<SettingDifference> changes)
    {
        var git = GitState.Of(Environment.CurrentDirectory);
        var start = new JsonObject
        {
            ["time"] = DateTimeOffset.Now.ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture),
            ["command-line"] = new JsonArray([.. Environment.GetCommandLineArgs().Select(argument => JsonValue.Create(argument))]),
            ["working-folder"] = Environment.CurrentDirectory,
            ["kndsl"] = VersionOf(typeof(RunEnvironment).Assembly),
            ["torchsharp"] = VersionOf(typeof(torch).Assembly),
            ["libtorch"] = torch.__version__,
            ["dotnet"] = Environment.Version.ToString(),
            ["os"] = RuntimeInformation.OSDescription,
            ["architecture"] = RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant(),
            ["machine"] = Environment.MachineName,
            ["cores"] = Environment.ProcessorCount,
            ["threads"] = torch.get_num_threads(),
            ["memory-gib"] = Math.Round(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (double)(1L << 30), 1),
            ["device"] = device,
            ["git"] = git is null ? null : new JsonObject { ["folder"] = git.Folder, ["commit"] = git.Commit, ["dirty"] = git.IsDirty },
        };
        if (changes.Count > 0)
            start["changed-settings"] = new JsonArray([.. changes.Select(c => JsonValue.Create($"{c.Name}: {c.Before}, now {c.Now}"))]);
        return start;
    }

    private static string VersionOf(Assembly assembly) =>
        assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
        ?? assembly.GetName().Version!.ToString();
}
