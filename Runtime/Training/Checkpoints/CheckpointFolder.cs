using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;

namespace KnDsl.Training;

/// <summary>
/// A folder of checkpoints, each a folder of its own, <c>step-000000120</c>. One is written under another name and renamed when all of
/// it is on the disk, so that a process may die at any instant: a folder with such a name is whole.
/// </summary>
internal sealed class CheckpointFolder
{
    private const string Prefix = "step-", Replaced = "replaced-", Writing = ".writing-", Deleting = ".deleting-";

    private readonly Notices _notices;

    /// <summary>
    /// Opens the folder, and removes what a process that died left half written or half deleted. What cannot be removed is said, and stays.
    /// </summary>
    /// <param name="path">The folder; it is created if it is not there.</param>
    /// <param name="isWriter">Whether this process is the one that writes; another one creates and removes nothing.</param>
    /// <param name="notices">Says what cannot be removed; null says it on the console's error stream.</param>
    /// <exception cref="CheckpointException">The folder cannot be created.</exception>
    public CheckpointFolder(string path, bool isWriter = true, Notices? notices = null)
    {
        _notices = notices ?? new();
        Path = System.IO.Path.GetFullPath(path);
        if (!isWriter)
            return;
        Guard(Path, () => Directory.CreateDirectory(Path));
        Clean(Writing);
        Clean(Deleting);
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>The checkpoints, the last step first.</summary>
    public IEnumerable<string> All => !Directory.Exists(Path) ? [] : Directory.EnumerateDirectories(Path)
        .Select(folder => (Folder: folder, Step: StepOf(folder)))
        .Where(pair => pair.Step is not null)
        .OrderByDescending(pair => pair.Step)
        .Select(pair => pair.Folder);

    /// <summary>Writes a checkpoint completely or not at all.</summary>
    /// <param name="step">Its step; where there is a checkpoint of the step, it is the same one, and stays.</param>
    /// <param name="write">Writes the files into the folder that it is given, each so that it is on the disk.</param>
    /// <returns>The checkpoint's folder.</returns>
    /// <exception cref="CheckpointException">It could not be written, for want of space or rights; nothing of it is left.</exception>
    public string Write(long step, Action<string> write)
    {
        var target = System.IO.Path.Combine(Path, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{step:000000000}"));
        if (Directory.Exists(target))
            return target;
        var temporary = System.IO.Path.Combine(Path, $"{Writing}{Guid.NewGuid():N}");
        Guard(target, () =>
        {
            try
            {
                Directory.CreateDirectory(temporary);
                write(temporary);
                AtomicFile.SynchronizeFolder(temporary);
                Directory.Move(temporary, target);
                AtomicFile.SynchronizeFolder(Path);
            }
            catch when (Directory.Exists(temporary))
            {
                Directory.Delete(temporary, recursive: true);
                throw;
            }
        });
        return target;
    }

    /// <summary>
    /// Deletes checkpoints. A process that dies meanwhile leaves no half of one that looks whole. What cannot be deleted is said once and
    /// tried again the next time: a training goes on with too many of them.
    /// </summary>
    public void Delete(IEnumerable<string> checkpoints)
    {
        foreach (var checkpoint in checkpoints.ToArray())
        {
            var hidden = $"{Deleting}{System.IO.Path.GetFileName(checkpoint)}-{Guid.NewGuid():N}";
            Try(checkpoint, () => Directory.Move(checkpoint, System.IO.Path.Combine(Path, hidden)));
        }

        Clean(Deleting);
    }

    /// <summary>Gives a checkpoint a name under which it is none of the training's any more: <c>replaced-step-000000120</c>.</summary>
    public void SetAside(string checkpoint) => Guard(checkpoint, () =>
    {
        var name = System.IO.Path.Combine(Path, Replaced + System.IO.Path.GetFileName(checkpoint));
        var free = name;
        for (var number = 2; Directory.Exists(free); number++)
            free = string.Create(CultureInfo.InvariantCulture, $"{name}-{number}");
        Directory.Move(checkpoint, free);
    });

    /// <summary>The step of a checkpoint; null where the folder's name is not that of one.</summary>
    public static long? StepOf(string folder)
    {
        var name = System.IO.Path.GetFileName(folder);
        return name.StartsWith(Prefix, StringComparison.Ordinal)
            && long.TryParse(name.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var step) ? step : null;
    }

    /// <summary>Removes folders whose names begin so.</summary>
    private void Clean(string prefix) => Try(Path, () =>
    {
        foreach (var left in Directory.GetDirectories(Path, $"{prefix}*"))
            Try(left, () => Directory.Delete(left, recursive: true));
    });

    private void Try(string folder, Action delete)
    {
        try
        {
            delete();
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            _notices.Say($"{folder}: the checkpoint cannot be deleted: {RunFileException.Describe(cause)}", " The training goes on.");
        }
    }

    private static void Guard(string path, Action action)
    {
        try
        {
            action();
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException(path, $"the checkpoint cannot be written: {RunFileException.Describe(cause)}", cause);
        }
    }
}
