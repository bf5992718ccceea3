using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Runtime.InteropServices;
using System.Threading;
using System.Threading.Tasks;

namespace KnDsl.Samples.Detection.Experiment;

/// <summary>
/// This program as a process of its own: several trainings in one would disturb each other, and one that dies would end all.
/// </summary>
internal static class OwnProgram
{
    /// <summary>Runs a command, with one thread, and adds what it writes to a file.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="OperationCanceledException">It was told to stop, and the process has ended.</exception>
    public static async Task<int> Run(IEnumerable<string> arguments, string log, CancellationToken stop)
    {
        var name = OperatingSystem.IsWindows() ? "Detection.exe" : "Detection";
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, name))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        // The same runtime as this process has, wherever it is installed.
        start.Environment.TryAdd("DOTNET_ROOT", Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..")));
        start.Environment["OMP_NUM_THREADS"] = "1";
        using var process = Process.Start(start)!;
        using var file = TextWriter.Synchronized(new StreamWriter(log, append: true) { AutoFlush = true });
        var output = Task.WhenAll(HandOn(process.StandardOutput, file), HandOn(process.StandardError, file));
        try
        {
            await process.WaitForExitAsync(stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // What it did since its last checkpoint is done again.
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
            throw;
        }
        await output.ConfigureAwait(false);
        return process.ExitCode;
    }

    private static async Task HandOn(StreamReader from, TextWriter to)
    {
        while (await from.ReadLineAsync().ConfigureAwait(false) is { } line)
        {
            try
            {
                await to.WriteLineAsync(line).ConfigureAwait(false);
            }
            catch (IOException)
            {
                // A full disk. The process would wait for ever for somebody to read on.
            }
        }
    }
}
