using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using KnDsl.Samples.Detection.Data;
using KnDsl.Training;

namespace KnDsl.Samples.Detection;

/// <summary>
/// Commands that are given weights. Their settings are those of the run that the weights are of, where no option replaces them.
/// </summary>
internal static class WeightsCommand
{
    /// <summary>Makes such a command.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="description">What it does, for its help.</param>
    /// <param name="run">Called with what the command line says; returns the exit code.</param>
    /// <param name="others">What else it is given, after the weights.</param>
    public static Command Create<T>(
        string name, string description, Func<GivenWeights<T>, int> run, params IReadOnlyList<Argument> others)
        where T : class
    {
        var weights = new Argument<string>("weights")
        {
            Description =
                "weights.safetensors of a checkpoint, whose run tells settings and categories, or a state_dict of torchvision",
        };
        var command = new Command(name, description) { weights };
        foreach (var argument in others)
            command.Add(argument);
        var options = new SettingsOptions<T>(command);
        command.SetAction(parsed => SettingsCommand.Report(parsed, () =>
        {
            var file = parsed.GetValue(weights)!;
            var folder = RunCategories.RunOf(file);
            var below = folder is null ? null : RunFolder.SettingsOf(folder);
            return run(new(file, folder, options.Read(parsed, below, skipsUnknown: true), parsed));
        }));
        return command;
    }
}

/// <summary>What the command line of such a command says.</summary>
/// <param name="File">The file of the weights.</param>
/// <param name="Run">The folder of the run that they are of; null where they are of none.</param>
/// <param name="Settings">The settings.</param>
/// <param name="Parsed">The command line.</param>
internal sealed record GivenWeights<T>(string File, string? Run, T Settings, ParseResult Parsed)
{
    /// <summary>Receives what the command prints.</summary>
    public TextWriter Output => Parsed.InvocationConfiguration.Output;
}
