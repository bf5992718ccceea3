using System;
using System.Collections.Generic;
using System.CommandLine;
using System.CommandLine.Invocation;
using System.IO;
using System.Linq;
using KnDsl.Language.Text;

namespace KnDsl.Training;

/// <summary>Commands whose options are the settings of a record.</summary>
public static class SettingsCommand
{
    private static readonly ParserConfiguration AsWritten = new() { ResponseFileTokenReplacer = null };

    /// <summary>A command with an option for each setting, <c>--config</c> and <c>--help</c>.</summary>
    /// <param name="description">What the program does, for its help.</param>
    /// <param name="run">Called with the settings; returns the exit code.</param>
    /// <typeparam name="T">The record; <see cref="SettingsFile"/> describes it.</typeparam>
    public static RootCommand Create<T>(string description, Func<T, int> run)
        where T : class
    {
        var command = new RootCommand(description);
        var options = new SettingsOptions<T>(command);
        command.SetAction(parsed => Report(parsed, () => run(options.Read(parsed))));
        return command;
    }

    /// <summary>
    /// Runs a command. A mistake on the command line is reported without the whole help after it, and a value that begins with <c>@</c> is
    /// taken as it is.
    /// </summary>
    /// <param name="command">The command.</param>
    /// <param name="args">The arguments of the program.</param>
    /// <param name="configuration">Where output and errors go; null is the console.</param>
    /// <returns>The exit code.</returns>
    public static int Run(this Command command, IReadOnlyList<string> args, InvocationConfiguration? configuration = null)
    {
        var parsed = command.Parse(args, AsWritten);
        if (parsed.Action is not ParseErrorAction)
            return parsed.Invoke(configuration);
        var error = (configuration ?? parsed.InvocationConfiguration).Error;
        foreach (var mistake in Mistakes(parsed))
            error.WriteLine(mistake);
        error.WriteLine("--help lists all options.");
        return 1;
    }

    /// <summary>Unknown commands and options with what was probably meant, and what else System.CommandLine found.</summary>
    private static IEnumerable<string> Mistakes(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        if (command.Subcommands.Count > 0 && parsed.UnmatchedTokens is [var first, ..] && !first.StartsWith('-'))
        {
            // What follows it was meant for a command that is not known.
            var commands = command.Subcommands.Select(sub => sub.Name).ToArray();
            return [$"'{first}' is no command. {Spelling.Hint(first, commands) ?? $"Expected {string.Join(" or ", commands)}."}"];
        }
        var names = command.Options.Select(option => option.Name).ToArray();
        var unknown = parsed.UnmatchedTokens.Where(token => token.StartsWith('-')).Select(token => token.Split('=', ':')[0]).ToArray();
        // A value after an unknown option is no mistake of its own.
        var strays = unknown.Length > 0 ? [] : parsed.UnmatchedTokens;
        return
        [
            .. unknown.Select(name => $"{name} is no option. {Spelling.Hint(name, names)}".TrimEnd()),
            .. strays.Select(stray => $"'{stray}' belongs to no option, expected the name of one before it."),
            .. parsed.Errors.Select(found => found.Message)
                .Where(message => !parsed.UnmatchedTokens.Any(token => message.Contains($"'{token}'", StringComparison.Ordinal))),
        ];
    }

    /// <summary>Calls a function; reports what its user can mend in lines without a stack trace.</summary>
    /// <param name="parsed">The command line, whose error stream is written to.</param>
    /// <param name="run">Returns the exit code.</param>
    /// <returns>The function's exit code, or 1.</returns>
    public static int Report(ParseResult parsed, Func<int> run)
    {
        try
        {
            return run();
        }
        catch (Exception e) when (e is IReportedProblem or WeightsException or FileNotFoundException or DirectoryNotFoundException)
        {
            parsed.InvocationConfiguration.Error.WriteLine(e.Message);
            return 1;
        }
    }
}
