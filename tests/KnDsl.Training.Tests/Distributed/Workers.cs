using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;

namespace KnDsl.Training.Tests;

/// <summary>Runs this assembly as several programs, for a bounded time; none is left after it.</summary>
internal static class Workers
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    /// <summary>
    /// The program of a worker, and what comes before its arguments. Where tests run in the background a shell has them ignore SIGINT, and
    /// programs that they start inherit that.
    /// </summary>
    public static string[] Command { get; } = OperatingSystem.IsLinux()
        ? ["env", "--default-signal=INT", "dotnet", typeof(Workers).Assembly.Location]
        : ["dotnet", typeof(Workers).Assembly.Location];

    /// <summary>Starts a process for each rank, as torchrun would, and waits for them.</summary>
    public static async Task<WorkerResult[]> Run(int size, params string[] arguments)
    {
        var port = FreePort();
        return await Task.WhenAll(Enumerable.Range(0, size).Select(rank =>
            RunOne([.. Command, .. arguments], Variables(rank, size, $"{port}"))));
    }

    public static Dictionary<string, string?> Variables(int rank, int size, string? port, string? address = "127.0.0.1") => new()
    {
        ["RANK"] = $"{rank}",
        ["WORLD_SIZE"] = $"{size}",
        ["LOCAL_RANK"] = $"{rank}",
        ["MASTER_ADDR"] = address,
        ["MASTER_PORT"] = port,
    };

    /// <summary>Runs one program.</summary>
    public static async Task<WorkerResult> RunOne(
        string[] command, Dictionary<string, string?>? variables = null, Action<Process>? meanwhile = null)
    {
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in variables ?? [])
        {
            if (value is null)
                start.Environment.Remove(name);
            else
                start.Environment[name] = value;
        }

        // One thread each: the sums of a convolution are the same then, and the machine has few cores.
        start.Environment.TryAdd("OMP_NUM_THREADS", "1");
        var clock = Stopwatch.StartNew();
        using var process = Process.Start(start)!;
        try
        {
            var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            meanwhile?.Invoke(process);
            using var limit = new CancellationTokenSource(Limit);
            await process.WaitForExitAsync(limit.Token);
            return new(process.ExitCode, await output, await error, clock.Elapsed);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>A file that goes with the test.</summary>
    public static string TemporaryFile() => Path.Combine(Directory.CreateTempSubdirectory("kndsl-workers-").FullName, "values.txt");
}

/// <summary>How a program ended.</summary>
internal sealed record WorkerResult(int ExitCode, string Output, string Error, TimeSpan Time)
{
    public override string ToString() => $"exit code {ExitCode} after {Time.TotalSeconds:0.0} s\n{Output}\n{Error}";
}
