using System;
using System.Collections.Generic;
using System.CommandLine;
using System.CommandLine.Invocation;

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
    /// <returns>The exit code.</returns>
    public static int Run(this Command command, IReadOnlyList<string> args, InvocationConfiguration? configuration = null)
    {
        var parsed = command.Parse(args, AsWritten);
        if (parsed.Action is ParseErrorAction mistakes)
            mistakes.ShowHelp = false;
        return parsed.Invoke(configuration);
    }

    /// <summary>Calls a function; reports what its user can mend in lines without a stack trace.</summary>
    internal static int Report(ParseResult parsed, Func<int> run)
    {
        try
        {
            return run();
        }
        catch (Exception e) when (e is SettingsException or RunFileException)
        {
            parsed.InvocationConfiguration.Error.WriteLine(e.Message);
            return 1;
        }
    }
}
