using System.Linq;

namespace KnDsl.Training;

/// <summary>What a command line says of a training.</summary>
/// <param name="Settings">
/// The settings: options over the file of <c>--config</c> over those of the run that goes on over the defaults.
/// </param>
/// <param name="Resume">The folder of a run to go on with; null for a new one.</param>
/// <param name="AllowChanges">Whether settings may differ from those of that run.</param>
public sealed record TrainingStart<T>(T Settings, string? Resume, bool AllowChanges)
    where T : class
{
    /// <summary>
    /// Where a run that goes on has its checkpoints, of which every process reads the last one; null for a new run, whose folder the
    /// first process makes.
    /// </summary>
    public string? Checkpoints => Resume is null ? null : RunFolder.CheckpointsIn(Resume);

    /// <summary>
    /// Whether the training begins with first weights: it is a new run, or one that goes on without a checkpoint. Then given weights are to
    /// be loaded; those of a checkpoint take their place otherwise.
    /// </summary>
    public bool IsBeginning => Checkpoints is not { } folder || !new CheckpointFolder(folder, isWriter: false).All.Any();

    /// <summary>Begins the run, or opens the one to go on with.</summary>
    /// <param name="name">What is trained: a new run is <c>ROOT/NAME/yyyymmdd-hhmmss</c>.</param>
    /// <param name="device">What is computed on, for the notes on the environment.</param>
    /// <param name="root">The folder of all runs.</param>
    /// <exception cref="RunFileException">The folder cannot be used.</exception>
    /// <exception cref="SettingsException">Settings differ from those of the run, and may not.</exception>
    public RunFolder OpenRun(string name, string? device = null, string root = "runs") => Resume is { } folder
        ? RunFolder.Resume(folder, Settings, AllowChanges, device)
        : RunFolder.Create(name, Settings, device, root);
}
