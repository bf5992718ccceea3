using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;

namespace KnDsl.Training;

/// <summary>
/// All processes of a group, found. Engines connect only after it: where one is missing, their native code would wait without end or
/// end the process, and could not say who it is.
/// </summary>
internal sealed class Meeting : IDisposable
{
    private readonly StoreServer? _server;
    private readonly string _prefix;

    private Meeting(StoreServer? server, StoreClient store, string prefix, TimeSpan timeout)
    {
        _server = server;
        Store = store;
        _prefix = prefix;
        Timeout = timeout;
    }

    /// <summary>The connection by which they found each other.</summary>
    public StoreClient Store { get; }

    /// <summary>How long processes wait for each other.</summary>
    public TimeSpan Timeout { get; }

    /// <summary>Waits for all processes.</summary>
    /// <exception cref="DistributedException">One did not come in time, or two contradict each other.</exception>
    public static Meeting Join(ProcessEnvironment environment, TimeSpan timeout)
    {
        if (environment.MasterAddress is null)
        {
            throw new DistributedException(
                $"{environment.Source} started {environment.Size} processes on several machines, and nothing says where rank 0 is: "
                + "set MASTER_ADDR to the name of its machine (mpirun -x MASTER_ADDR=...), or use MPI as the engine.");
        }

        var server = environment is { Rank: 0, HasStore: false } ? new StoreServer(environment.MasterPort) : null;
        for (var start = Stopwatch.GetTimestamp(); ;)
        {
            var left = timeout - Stopwatch.GetElapsedTime(start);
            StoreClient? store = null;
            try
            {
                store = StoreClient.Connect(environment, left > TimeSpan.Zero ? left : TimeSpan.Zero);
                var meeting = new Meeting(server, store, PrefixOf(environment, store), timeout);
                meeting.WaitForAll(environment);
                return meeting;
            }
            catch (DistributedException exception) when (exception.InnerException is IOException && server is null && left > TimeSpan.Zero)
            {
                // The store of an earlier group, which rank 0 was about to close.
                store?.Dispose();
                Thread.Sleep(TimeSpan.FromMilliseconds(100));
            }
            catch
            {
                store?.Dispose();
                server?.Dispose();
                throw;
            }
        }
    }

    /// <summary>Leaves a value for the others.</summary>
    public void Set(string key, byte[] value) => Store.Set(_prefix + key, value);

    /// <summary>A value that another process leaves, or null if it does not come in time.</summary>
    public byte[]? Find(string key) => Store.Find(_prefix + key, Timeout);

    public void Dispose()
    {
        Store.Dispose();
        _server?.Dispose();
    }

    /// <summary>What keys begin with: the number of this group among those that the processes make.</summary>
    private static string PrefixOf(ProcessEnvironment environment, StoreClient store)
    {
        var me = $"process {Environment.ProcessId} on {Environment.MachineName}";
        var number = store.Add($"rank {environment.Rank} groups", 1);
        var owner = $"rank {environment.Rank} owner";
        if (number == 1)
        {
            store.Set(owner, Encoding.UTF8.GetBytes(me));
        }
        else if (store.Find(owner, TimeSpan.FromSeconds(1)) is { } found && Encoding.UTF8.GetString(found) is var other && other != me)
        {
            throw new DistributedException(
                $"Rank {environment.Rank} is {other} already, and {me} too: every process needs a rank of its own.");
        }

        return string.Create(CultureInfo.InvariantCulture, $"group {number}/");
    }

    private void WaitForAll(ProcessEnvironment environment)
    {
        Set($"size of {environment.Rank}", Encoding.ASCII.GetBytes(environment.Size.ToString(CultureInfo.InvariantCulture)));
        var start = Stopwatch.GetTimestamp();
        var missing = new List<int>();
        for (var rank = 0; rank < environment.Size; rank++)
        {
            var left = Timeout - Stopwatch.GetElapsedTime(start);
            if (Store.Find($"{_prefix}size of {rank}", left > TimeSpan.Zero ? left : TimeSpan.Zero) is not { } found)
            {
                missing.Add(rank);
            }
            else if (Encoding.ASCII.GetString(found) is var size && size != environment.Size.ToString(CultureInfo.InvariantCulture))
            {
                throw new DistributedException(
                    $"Rank {rank} is of {size} processes, and rank {environment.Rank} of {environment.Size}: they must agree.");
            }
        }

        if (missing.Count == 0)
            return;
        var shown = string.Join(", ", missing.Take(16)) + (missing.Count > 16 ? ", ..." : "");
        var advice = environment.Source == "Slurm" ? "Start the processes with srun." : "Start all ranks, and see what theirs say.";
        throw new DistributedException(
            $"{(missing.Count == 1 ? "Rank" : "Ranks")} {shown} of {environment.Size} ({environment.Source}) did not come to "
            + $"{environment.MasterAddress}:{environment.MasterPort} within {Timeout.TotalSeconds:0.#} s; rank {environment.Rank} and "
            + $"{environment.Size - missing.Count - 1} others are there. {advice}");
    }
}
