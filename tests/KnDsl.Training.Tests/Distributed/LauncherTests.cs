using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Xunit;

namespace KnDsl.Training.Tests;

/// <summary>Several processes on one machine, started by the program itself.</summary>
public sealed class LauncherTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task It_starts_copies_and_hands_on_their_output()
    {
        var result = await Launch(2, "meet", "Gloo", "30");
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.All(Enumerable.Range(0, 2), rank =>
            Assert.Contains($"[{rank}] rank {rank} of 2, local {rank}, Gloo\n", result.Output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task One_process_needs_no_engine()
    {
        var result = await Launch(1, "meet", "Gloo", "30");
        Assert.Contains("[0] rank 0 of 1, local 0, none\n", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_copy_that_ends_badly_ends_the_others_and_is_named()
    {
        var result = await Launch(3, "fail", "Gloo");
        Assert.True(result.ExitCode == 42 && result.Time < Bound, result.ToString());
        Assert.Matches(@"Rank 1 of 3 \(process \d+\) ended with exit code 42\. The 2 other processes are ended\.", result.Error);
        AssertNoneIsLeft();
    }

    [Fact]
    public async Task A_copy_that_is_killed_is_named_with_the_signal()
    {
        var result = await Launch(2, "die", "Gloo");
        Assert.True(result.ExitCode == 128 + 9 && result.Time < Bound, result.ToString());
        Assert.Matches(@"Rank 0 of 2 \(process \d+\) was killed by signal 9 \(SIGKILL", result.Error);
        AssertNoneIsLeft();
    }

    /// <summary>systemd and Slurm send it to each process: so each copy is asked twice, and ends its step all the same.</summary>
    [Theory]
    [InlineData("-TERM", true, 143)]
    [InlineData("-TERM", false, 143)]
    [InlineData("-INT", true, 130)]
    [InlineData("-INT", false, 130)]
    public async Task Copies_that_are_asked_to_end_do_what_they_have_to(string signal, bool asksAll, int exitCode)
    {
        var result = await Launch(2, process =>
        {
            WaitUntil(() => Copies().Length >= 2);
            // Until they listen.
            Thread.Sleep(TimeSpan.FromSeconds(3));
            int[] asked = asksAll ? [.. CopyIds(), process.Id] : [process.Id];
            Process.Start("kill", [signal, .. asked.Select(id => $"{id}")]).WaitForExit();
        }, "interrupted");
        Assert.True(result.ExitCode == exitCode && result.Time < Bound, result.ToString());
        Assert.Equal("", result.Error);
        Assert.All(Enumerable.Range(0, 2), rank =>
            Assert.Contains($"[{rank}] has ended its step\n", result.Output, StringComparison.Ordinal));
        AssertNoneIsLeft();
    }

    /// <summary>The launcher's signal may come before that of the terminal.</summary>
    [Fact]
    public async Task A_first_interrupt_after_the_launchers_signal_lets_a_process_end_its_step()
    {
        var result = await Workers.RunOne([.. Workers.Command, "interrupted", Mark], new() { ["RANK"] = null }, process =>
        {
            Thread.Sleep(TimeSpan.FromSeconds(3));
            foreach (var signal in new[] { "-TERM", "-INT" })
                Process.Start("kill", [signal, $"{process.Id}"]).WaitForExit();
        });
        Assert.Contains("has ended its step\n", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Output_that_nobody_can_write_does_not_hold_the_copies_up()
    {
        var command = string.Join(' ', [.. Workers.Command, "launch", "2", "talk", Mark]);
        var result = await Workers.RunOne(["bash", "-c", $"{command} > /dev/full"], new() { ["RANK"] = null });
        Assert.True(result.ExitCode == 0 && result.Time < Bound, result.ToString());
        AssertNoneIsLeft();
    }

    [Fact]
    public async Task Copies_end_with_a_launcher_that_is_killed()
    {
        await Assert.ThrowsAnyAsync<Exception>(() => Launch(2, process =>
        {
            WaitUntil(() => Copies().Length >= 2);
            Thread.Sleep(TimeSpan.FromSeconds(5));
            process.Kill();
            process.WaitForExit();
            throw new OperationCanceledException();
        }, "fail-never", "Gloo"));
        WaitUntil(() => Copies().Length == 0);
    }

    private static Task<WorkerResult> Launch(int processes, params string[] arguments) => Launch(processes, null, arguments);

    private static Task<WorkerResult> Launch(int processes, Action<Process>? meanwhile, params string[] arguments) => Workers.RunOne(
        [.. Workers.Command, "launch", $"{processes}", .. arguments, Mark], new Dictionary<string, string?> { ["RANK"] = null }, meanwhile);

    /// <summary>An argument that tells copies of this run's from all other processes.</summary>
    private static string Mark { get; } = $"run-{Guid.NewGuid()}";

    private static void AssertNoneIsLeft() => WaitUntil(() => Copies().Length == 0);

    private static void WaitUntil(Func<bool> condition)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(clock.Elapsed < Bound, "It did not become so in time.");
            Thread.Sleep(100);
        }
    }

    /// <summary>Processes with the mark, without the launcher; one that ended and was not waited for has no command line.</summary>
    private static string[] Copies() => [.. CopyIds().Select(id => $"{id}")];

    private static int[] CopyIds() =>
    [
        .. Directory.GetDirectories("/proc").Where(folder => int.TryParse(Path.GetFileName(folder), out _)).Where(folder =>
        {
            try
            {
                var command = File.ReadAllText($"{folder}/cmdline");
                return command.Contains(Mark, StringComparison.Ordinal) && !command.Contains("launch\0", StringComparison.Ordinal);
            }
            catch (IOException)
            {
                return false;
            }
        }).Select(folder => int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture)),
    ];
}
