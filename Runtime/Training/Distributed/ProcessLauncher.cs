using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Threading;
using System.Threading.Tasks;

namespace KnDsl.Training;

/// <summary>
/// Runs the program as several processes on this machine, as <c>torchrun</c> does for Python. The copies are told their ranks by the
/// environment, from which <see cref="ProcessGroup.Create"/> reads them.
/// </summary>
public static partial class ProcessLauncher
{
    /// <summary>How long processes have to end by themselves when one has died or the launcher is told to stop a second time.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(20);

    /// <summary>The exit codes of programs that SIGINT and SIGTERM end.</summary>
    private const int Interrupted = 128 + 2, Terminated = 128 + 15;

    /// <summary>Whether this process is one of several: then it trains, and launches nothing.</summary>
    public static bool IsLaunched => Environment.GetEnvironmentVariable(LauncherWatch.Variable) is { Length: > 0 };

    /// <summary>
    /// Starts copies of this program, hands their output on with the rank before each line, and waits for them. If one dies the others
    /// are ended, and standard error says which one and how. At SIGINT and SIGTERM the copies get SIGTERM, at which they may write a
    /// checkpoint: the launcher waits for all of them, until it gets a second SIGTERM.
    /// </summary>
    /// <param name="processes">How many, at least 1.</param>
    /// <param name="arguments">The arguments of each: those of this program, without the number of processes.</param>
    /// <returns>0 if all ended well, else the exit code of the first that did not.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There are no processes.</exception>
    public static int Run(int processes, IReadOnlyList<string> arguments)
    {
        _ = Setting.AtLeastOne(processes);
        using var store = new StoreServer(0);
        var copies = Enumerable.Range(0, processes).Select(rank => new Copy(rank, processes, store.Port, arguments)).ToArray();
        using var ending = new CancellationTokenSource();
        var asked = 0;
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context =>
        {
            // A terminal sends it to the copies too, but kill and a manager do not. One that had it already is not hurt.
            context.Cancel = true;
            _ = Interlocked.CompareExchange(ref asked, Interrupted, 0);
            foreach (var copy in copies)
                copy.Ask();
        });
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            if (Interlocked.CompareExchange(ref asked, Terminated, 0) != 0)
                ending.Cancel();
            foreach (var copy in copies)
                copy.Ask();
        });
        try
        {
            return Wait(copies, () => Volatile.Read(ref asked), ending.Token);
        }
        finally
        {
            End(copies);
            foreach (var copy in copies)
                copy.Dispose();
        }
    }

    /// <param name="copies">The copies.</param>
    /// <param name="asked">The exit code of a launcher that was asked to stop; else 0.</param>
    /// <param name="end">Canceled when they are to be ended.</param>
    private static int Wait(Copy[] copies, Func<int> asked, CancellationToken end)
    {
        var running = copies.ToDictionary(copy => copy.Ended);
        var told = Task.Delay(Timeout.Infinite, end);
        var exitCode = 0;
        while (running.Count > 0)
        {
            var ended = Task.WhenAny([.. running.Keys, told]).GetAwaiter().GetResult();
            if (ended == told)
                return Terminated;
            running.Remove(ended, out var copy);
            if (copy!.ExitCode == 0)
                continue;
            if (copy.ExitCode is Interrupted or Terminated && asked() is not 0 and var stopped)
            {
                exitCode = stopped;
                continue;
            }

            var others = running.Count switch
            {
                0 => "No other process was left.",
                1 => "The other process is ended.",
                var count => $"The {count} other processes are ended.",
            };
            Console.Error.WriteLine($"Rank {copy.Rank} of {copies.Length} (process {copy.Id}) {HowEnded(copy.ExitCode)}. {others}");
            return copy.ExitCode;
        }

        return exitCode;
    }

    /// <summary>Asks the copies to end, and ends them if they do not.</summary>
    private static void End(Copy[] copies)
    {
        foreach (var copy in copies)
            copy.Ask();
        if (!Task.WaitAll([.. copies.Select(copy => copy.Ended)], Grace))
        {
            foreach (var copy in copies)
                copy.Kill();
        }

        Task.WaitAll([.. copies.Select(copy => copy.Ended)], Grace);
    }

    private static string HowEnded(int exitCode) => (exitCode - 128) switch
    {
        9 => "was killed by signal 9 (SIGKILL; by the system, if memory ran out)",
        6 => "was killed by signal 6 (SIGABRT: native code gave up)",
        11 => "was killed by signal 11 (SIGSEGV: native code read or wrote where it may not)",
        > 0 and < 65 and var signal => string.Create(CultureInfo.InvariantCulture, $"was killed by signal {signal}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"ended with exit code {exitCode}"),
    };

    /// <summary>One copy of the program.</summary>
    private sealed partial class Copy : IDisposable
    {
        private const int Terminate = 15;

        private static readonly TimeSpan OutputGrace = TimeSpan.FromSeconds(2);

        private readonly Process _process;

        public Copy(int rank, int processes, int port, IReadOnlyList<string> arguments)
        {
            Rank = rank;
            var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, RedirectStandardError = true };
            // Started as "dotnet program.dll" or as the program itself.
            if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
                start.ArgumentList.Add(Assembly.GetEntryAssembly()!.Location);
            foreach (var argument in arguments)
                start.ArgumentList.Add(argument);
            foreach (var (name, value) in Variables(rank, processes, port))
                start.Environment[name] = value;
            // Each process would take every core.
            start.Environment.TryAdd("OMP_NUM_THREADS", $"{Math.Max(1, Environment.ProcessorCount / processes)}");
            _process = Process.Start(start)!;
            Id = _process.Id;
            Ended = End(Task.WhenAll(HandOn(_process.StandardOutput, Console.Out), HandOn(_process.StandardError, Console.Error)));
        }

        public int Rank { get; }

        public int Id { get; }

        public int ExitCode => _process.ExitCode;

        /// <summary>Ends after the process, and after what it wrote.</summary>
        public Task Ended { get; }

        public void Ask()
        {
            if (!_process.HasExited && !OperatingSystem.IsWindows())
                _ = Signal(Id, Terminate);
        }

        public void Kill() => _process.Kill(entireProcessTree: true);

        public void Dispose() => _process.Dispose();

        private static Dictionary<string, string> Variables(int rank, int processes, int port) => new()
        {
            ["RANK"] = $"{rank}",
            ["LOCAL_RANK"] = $"{rank}",
            ["WORLD_SIZE"] = $"{processes}",
            ["LOCAL_WORLD_SIZE"] = $"{processes}",
            ["MASTER_ADDR"] = "127.0.0.1",
            ["MASTER_PORT"] = $"{port}",
            ["TORCHELASTIC_USE_AGENT_STORE"] = "True",
            ["TORCHELASTIC_RESTART_COUNT"] = "0",
            [LauncherWatch.Variable] = $"{Environment.ProcessId}",
        };

        private async Task End(Task output)
        {
            await _process.WaitForExitAsync().ConfigureAwait(false);
            // What the process started itself may keep its output open.
            await Task.WhenAny(output, Task.Delay(OutputGrace)).ConfigureAwait(false);
        }

        private async Task HandOn(StreamReader from, TextWriter to)
        {
            while (await from.ReadLineAsync().ConfigureAwait(false) is { } line)
            {
                try
                {
                    await to.WriteLineAsync($"[{Rank}] {line}").ConfigureAwait(false);
                }
                catch (IOException)
                {
                    // A full disk, or a reader that went away. The copy would wait for ever for somebody to read on.
                }
            }
        }

        [LibraryImport("libc", EntryPoint = "kill")]
        private static partial int Signal(int process, int signal);
    }
}
