using System;
using System.Diagnostics;
using System.Linq;
using System.Threading.Tasks;

namespace KnDsl.Build.Tests;

/// <summary>Runs the SDK as a user would.</summary>
internal static class Dotnet
{
    /// <summary>Runs <c>dotnet</c> and returns its exit code and all that it printed.</summary>
    public static async Task<(int ExitCode, string Output)> Run(string folder, params string[] arguments)
    {
        var (code, output, errors) = await Start(folder, arguments);
        return (code, output + errors);
    }

    /// <summary>Runs a command that has to succeed, and returns its output, apart from what it wrote to its error stream.</summary>
    public static async Task<string> Succeed(string folder, params string[] arguments)
    {
        var (code, output, errors) = await Start(folder, arguments);
        return code == 0
            ? output
            : throw new InvalidOperationException($"dotnet {string.Join(' ', arguments)} ended with {code}:\n{output}{errors}");
    }

    private static async Task<(int ExitCode, string Output, string Errors)> Start(string folder, string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // What the test host's own SDK left there would send a nested build astray.
        foreach (var name in start.Environment.Keys.Where(k => k.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToArray())
        {
            start.Environment.Remove(name);
        }
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        start.Environment["DOTNET_NOLOGO"] = "1";
        // A server that outlives the command would hold the files of a folder that the test is about to delete; that of compilers does so
        // on Windows alone.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        if (OperatingSystem.IsWindows())
            start.Environment["UseSharedCompilation"] = "false";

        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        using var limit = new System.Threading.CancellationTokenSource(TimeSpan.FromMinutes(5));
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"dotnet {string.Join(' ', arguments)} took more than five minutes.");
        }
        return (process.ExitCode, await output, await errors);
    }
}
