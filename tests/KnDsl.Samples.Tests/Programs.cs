using System;
using System.Diagnostics;
using System.IO;
using System.Threading;
using System.Threading.Tasks;

namespace KnDsl.Samples.Tests;

/// <summary>Runs a sample as a user would, in a process of its own. The samples are built into the folder of the tests.</summary>
internal static class Programs
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    /// <summary>The folder of a sample's source.</summary>
    public static string Sample(string name)
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "KnDsl.sln")))
            folder = folder.Parent;
        return Path.Combine(
            folder?.FullName ?? throw new DirectoryNotFoundException("KnDsl.sln is in no folder above the tests."), "Samples", name);
    }

    /// <summary>Runs a sample and returns its exit code and all that it wrote.</summary>
    /// <param name="name">The name of its project.</param>
    /// <param name="arguments">Its command line.</param>
    /// <exception cref="TimeoutException">It did not end in three minutes; it was stopped.</exception>
    public static async Task<(int ExitCode, string Output, string Errors)> Run(string name, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, $"{name}.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{name} took more than {Limit.TotalMinutes} minutes.");
        }
        return (process.ExitCode, await output, await errors);
    }
}
