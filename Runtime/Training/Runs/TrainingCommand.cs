using System;
using System.CommandLine;

namespace KnDsl.Training;

/// <summary>Commands that train: options for the settings of a record, <c>--config</c>, and <c>--resume</c> to go on with a run.</summary>
public static class TrainingCommand
{
    internal const string AllowChanges = "--allow-changes";

    /// <summary>Makes such a command. <see cref="SettingsCommand.Run"/> runs it.</summary>
    /// <param name="description">What the program does, for its help.</param>
    /// <param name="run">Called with the settings and the place of the run; returns the exit code.</param>
    /// <typeparam name="T">The record; <see cref="SettingsFile"/> describes it.</typeparam>
    public static RootCommand Create<T>(string description, Func<TrainingStart<T>, int> run)
        where T : class => Fill(new RootCommand(description), run);

    /// <summary>Makes such a command as one of several of a program.</summary>
    /// <param name="name">Its name.</param>
    /// <inheritdoc cref="Create{T}(string, Func{TrainingStart{T}, int})"/>
    /// <param name="description">What it does, for its help.</param>
    /// <param name="run">Called with the settings and the place of the run; returns the exit code.</param>
    public static Command Create<T>(string name, string description, Func<TrainingStart<T>, int> run)
        where T : class => Fill(new Command(name, description), run);

    private static TCommand Fill<TCommand, T>(TCommand command, Func<TrainingStart<T>, int> run)
        where TCommand : Command
        where T : class
    {
        var resume = new Option<string?>("--resume")
        {
            Description = "The folder of a run to go on with, by the last checkpoint in it, with its settings",
            HelpName = "folder",
        };
        var allowChanges = new Option<bool>(AllowChanges)
        {
            Description = $"Go on although settings differ from those that the run in {resume.Name} was begun with",
        };
        command.Add(resume);
        command.Add(allowChanges);
        var options = new SettingsOptions<T>(command);
        command.Validators.Add(result =>
        {
            if (result.GetResult(allowChanges) is { Implicit: false } && result.GetResult(resume) is null)
                result.AddError($"{AllowChanges} goes with {resume.Name}.");
        });
        command.SetAction(parsed => SettingsCommand.Report(parsed, () =>
        {
            var folder = parsed.GetValue(resume);
            var changes = parsed.GetValue(allowChanges);
            var below = folder is null ? null : RunFolder.SettingsOf(folder);
            return run(new TrainingStart<T>(options.Read(parsed, below, skipsUnknown: changes), folder, changes));
        }));
        return command;
    }
}
