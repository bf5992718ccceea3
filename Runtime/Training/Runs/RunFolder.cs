using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;

namespace KnDsl.Training;

/// <summary>
/// The folder of a run: <c>settings.json</c>, <c>environment.json</c>, the logs, pictures and checkpoints. While it is open, no other
/// process can open it.
/// </summary>
/// <remarks>
/// Of several processes that train together only the first opens it. Opening loads torch, whose version is noted: what torch reads when
/// it is loaded, such as OMP_WAIT_POLICY, is set before.
/// </remarks>
public sealed class RunFolder : IDisposable
{
    private const string SettingsName = "settings.json", EnvironmentName = "environment.json", LockName = "run.lock";

    private readonly FileStream _lock;
    private Action _writeChanges = () => { };

    private RunFolder(string path, FileStream @lock, bool isResumed) => (FullPath, _lock, IsResumed) = (path, @lock, isResumed);

    /// <summary>The folder.</summary>
    public string FullPath { get; }

    /// <summary>Where checkpoints are.</summary>
    public string Checkpoints => CheckpointsIn(FullPath);

    /// <summary>Whether an earlier process began the run.</summary>
    public bool IsResumed { get; }

    private string Title => $"{Path.GetFileName(Path.GetDirectoryName(FullPath))} {Path.GetFileName(FullPath)}";

    /// <summary>Where checkpoints are in the folder of a run.</summary>
    internal static string CheckpointsIn(string folder) => Path.Combine(folder, "checkpoints");

    /// <summary>The path of a file or folder of the run.</summary>
    public string this[string name] => Path.Combine(FullPath, name);

    /// <summary>Begins a run: <c>ROOT/NAME/yyyymmdd-hhmmss</c>, with a number after it if there is such a folder already.</summary>
    /// <param name="name">What is trained.</param>
    /// <param name="settings">The settings, which are written into the folder.</param>
    /// <param name="device">What is computed on, for the notes on the environment.</param>
    /// <param name="root">The folder of all runs.</param>
    /// <exception cref="RunFileException">The folder cannot be made; the message says why.</exception>
    /// <exception cref="ArgumentException">The name is none of a folder below the root.</exception>
    public static RunFolder Create<T>(string name, T settings, string? device = null, string root = "runs")
        where T : class
    {
        var parts = name.Split('/', '\\');
        if (parts.Any(part => part.Trim(' ', '.').Length == 0 || part.IndexOfAny(Path.GetInvalidFileNameChars()) >= 0))
            throw new ArgumentException($"'{name}' is no name for a run, expected a folder's name such as cifar10.", nameof(name));
        var all = Path.GetFullPath(Path.Combine([root, .. parts]));
        var time = DateTime.Now.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture);
        for (var number = 1; ; number++)
        {
            var path = Path.Combine(all, number == 1 ? time : string.Create(CultureInfo.InvariantCulture, $"{time}-{number}"));
            if (Directory.Exists(path) || TryClaim(path) is not { } claimed)
                continue;
            return Prepare(new RunFolder(path, claimed, isResumed: false), settings, device, []);
        }
    }

    /// <summary>
    /// Opens the folder of a run to go on with it. Settings that differ are written when its <see cref="Observers"/> are told that the
    /// training has started: a start that is refused, because of its checkpoint for example, leaves the settings as they were.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <param name="settings">The settings that it goes on with.</param>
    /// <param name="allowChanges">Whether these may differ from the run's in what is not <see cref="MayChangeAttribute"/>.</param>
    /// <param name="device">What is computed on, for the notes on the environment.</param>
    /// <exception cref="RunFileException">It is no folder of a run, another process has it open, or it cannot be written.</exception>
    /// <exception cref="SettingsException">Settings differ; the message names each with both values.</exception>
    public static RunFolder Resume<T>(string folder, T settings, bool allowChanges = false, string? device = null)
        where T : class
    {
        var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        var file = SettingsOf(path);
        var changes = SettingsFile.Differences(SettingsFile.Read<T>(file, skipsUnknown: allowChanges), settings);
        SettingDifference[] refused = [.. changes.Where(change => !change.MayChange && !allowChanges)];
        if (refused.Length > 0)
        {
            throw new SettingsException(
            [
                .. refused.Select(change => $"{file}: {change.Name} is {change.Before} in this run, and would be {change.Now}."),
                $"Leave {(refused.Length == 1 ? "it" : "them")} out to go on as before, or add {TrainingCommand.AllowChanges}.",
            ]);
        }
        return Prepare(new RunFolder(path, Lock(path), isResumed: true), settings, device, changes);
    }

    /// <summary>The file with the settings of a run.</summary>
    /// <exception cref="RunFileException">It is no folder of a run.</exception>
    public static string SettingsOf(string folder)
    {
        var file = Path.Combine(folder, SettingsName);
        if (File.Exists(file))
            return file;
        if (!Directory.Exists(folder))
            throw new RunFileException(folder, "there is no such folder, expected the folder of a run.");
        var near = Path.GetFullPath(folder);
        var meant = Directory.GetDirectories(near).Order(StringComparer.Ordinal).LastOrDefault(HasSettings)
            ?? new[] { Path.GetDirectoryName(near), Path.GetDirectoryName(Path.GetDirectoryName(near)) }.FirstOrDefault(HasSettings);
        throw new RunFileException(
            folder, $"this is no folder of a run, which has {SettingsName}.{(meant is null ? "" : $" Did you mean {meant}?")}");
    }

    /// <summary>
    /// What a run is followed by: <c>steps.csv</c> and <c>evaluations.csv</c>, TensorBoard's logs in <c>tensorboard</c>,
    /// <c>curves.png</c>, and others.
    /// </summary>
    /// <param name="others">Such as <see cref="ConsoleProgress"/>.</param>
    public ITrainingObserver Observers(params IReadOnlyList<ITrainingObserver> others) => new TrainingObservers(
    [
        new ChangedSettings(_writeChanges), new CsvLog(FullPath), new TensorBoardLog(this["tensorboard"]),
        new CurvePicture(this["curves.png"], Title, FullPath), .. others,
    ]);

    /// <summary>Lets other processes open the folder.</summary>
    public void Dispose() => _lock.Dispose();

    /// <summary>Writes the settings with which a run goes on, once it does.</summary>
    private sealed class ChangedSettings(Action write) : ITrainingObserver
    {
        public void Started(TrainingPlan plan) => write();
    }

    private static bool HasSettings(string? folder) => folder is not null && File.Exists(Path.Combine(folder, SettingsName));

    private static RunFolder Prepare<T>(RunFolder run, T settings, string? device, IReadOnlyList<SettingDifference> changes)
        where T : class
    {
        try
        {
            RunFileException.MakeFolder(run.Checkpoints);
            RunEnvironment.Add(run[EnvironmentName], device, changes);
            // Last: a folder with settings is one of a run.
            if (!run.IsResumed)
                SettingsFile.Write(run[SettingsName], settings);
            else if (changes.Count > 0)
                run._writeChanges = () => SettingsFile.Write(run[SettingsName], settings);
            return run;
        }
        catch
        {
            run.Dispose();
            if (!run.IsResumed)
                Remove(run.FullPath);
            throw;
        }
    }

    /// <summary>Nothing half written is left, if it can be removed.</summary>
    private static void Remove(string path)
    {
        try
        {
            Directory.Delete(path, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What made the folder useless is being thrown.
        }
    }

    /// <summary>Makes a folder that no other process makes in the same instant; null if one did.</summary>
    internal static FileStream? TryClaim(string path)
    {
        FileStream? claimed = null;
        RunFileException.Wrap(path, () =>
        {
            Directory.CreateDirectory(path);
            try
            {
                claimed = Open(Path.Combine(path, LockName), FileMode.CreateNew);
            }
            catch (IOException) when (File.Exists(Path.Combine(path, LockName)))
            {
                // Of two processes one made the file; the other takes the next number.
            }
        });
        return claimed;
    }

    private static FileStream Lock(string path)
    {
        var file = Path.Combine(path, LockName);
        try
        {
            return Open(file, FileMode.OpenOrCreate);
        }
        catch (IOException e) when (File.Exists(file) && e is not (FileNotFoundException or DirectoryNotFoundException) && IsLocked(e))
        {
            throw new RunFileException(path, "another process works on this run. End it, or begin another run.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw RunFileException.Of(path, e);
        }
    }

    /// <summary>The lock belongs to the process: it ends with it, however that ends.</summary>
    private static FileStream Open(string file, FileMode mode) =>
        new(file, mode, FileAccess.ReadWrite, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);

    /// <summary>EWOULDBLOCK of Linux, of macOS, and a sharing violation of Windows.</summary>
    private static bool IsLocked(IOException e) => e.HResult is 11 or 35 or unchecked((int)0x80070020);
}
