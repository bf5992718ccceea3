using System;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace KnDsl.Training;

/// <summary>A checkpoint that is whole: its state, and the paths of its files.</summary>
internal sealed class Checkpoint
{
    private const string StateFile = "state.json";

    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    private Checkpoint(string folder, CheckpointState state)
    {
        Folder = folder;
        State = state;
    }

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>What it holds beside tensors.</summary>
    public CheckpointState State { get; }

    /// <summary>The path of one of its files, or null where it has none of that name.</summary>
    public string? Find(string file) =>
        State.Parts.Any(part => part.File == file) ? Path.Combine(Folder, file) : null;

    /// <summary>Writes the state beside the files of a folder that are there.</summary>
    public static void Write(string folder, CheckpointState state)
    {
        // Before the state's own file is begun in the folder.
        var whole = state with { Parts = [.. Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).Select(PartOf)] };
        AtomicFile.Write(Path.Combine(folder, StateFile), stream => JsonSerializer.Serialize(stream, whole, Json));
    }

    /// <summary>Reads the state, and compares the files with it.</summary>
    /// <exception cref="CheckpointException">Something is missing, cut off or damaged.</exception>
    public static Checkpoint Open(string folder)
    {
        var path = Path.Combine(folder, StateFile);
        if (!Directory.Exists(folder))
            throw new CheckpointException(folder, "there is no such folder; expected a checkpoint, such as checkpoints/step-000000120");
        if (!File.Exists(path))
            throw new CheckpointException(folder, $"it holds no {StateFile}; expected a checkpoint, such as checkpoints/step-000000120");
        var checkpoint = new Checkpoint(folder, Read(path));
        foreach (var part in checkpoint.State.Parts)
            checkpoint.Check(part);
        return checkpoint;
    }

    private static CheckpointState Read(string path)
    {
        try
        {
            using var stream = File.OpenRead(path);
            var state = JsonSerializer.Deserialize<CheckpointState>(stream, Json)
                ?? throw new CheckpointException(path, "it is empty");
            return state.Format == CheckpointState.CurrentFormat
                ? state
                : throw new CheckpointException(
                    path, $"it has the form {state.Format}, and this program reads {CheckpointState.CurrentFormat}: use the version that "
                    + "wrote it");
        }
        catch (JsonException cause)
        {
            throw new CheckpointException(path, $"it is damaged: {cause.Message}", cause);
        }
    }

    private void Check(CheckpointPart part)
    {
        var file = new FileInfo(Path.Combine(Folder, part.File));
        if (!file.Exists)
            throw new CheckpointException(file.FullName, "it is missing from the checkpoint");
        if (file.Length != part.Bytes)
        {
            throw new CheckpointException(
                file.FullName, $"it has {file.Length} bytes and was written with {part.Bytes}: it was cut off or changed");
        }

        if (PartOf(file.FullName).Sha256 != part.Sha256)
            throw new CheckpointException(file.FullName, "its content is not what was written: it was damaged or changed");
    }

    private static CheckpointPart PartOf(string path)
    {
        using var stream = File.OpenRead(path);
        return new(Path.GetFileName(path), stream.Length, Convert.ToHexStringLower(SHA256.HashData(stream)));
    }
}
