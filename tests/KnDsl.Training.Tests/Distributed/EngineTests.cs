using System;
using System.Collections.Generic;
using System.Linq;
using System.Net.Sockets;
using System.Threading.Tasks;
using Xunit;

namespace KnDsl.Training.Tests;

/// <summary>Operations over each engine, and what becomes of them when a process is lost.</summary>
public sealed class EngineTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public async Task Gloo_reduces_and_sends(int size) =>
        Assert.All(await Workers.Run(size, "operations", "Gloo"), result => AssertDone(result, "Gloo done"));

    [MpiFact("OpenMPI")]
    public async Task OpenMpi_reduces_and_sends() =>
        AssertDone(await MpiInstallation.Run("OpenMPI", 2, "operations", "Mpi"), "OpenMPI done");

    [MpiFact("MPICH")]
    public async Task Mpich_reduces_and_sends() =>
        AssertDone(await MpiInstallation.Run("MPICH", 2, "operations", "Automatic"), "MPICH done");

    [Theory]
    [InlineData("again")]
    [InlineData("memory")]
    [InlineData("averages")]
    [InlineData("unused")]
    [InlineData("accumulated")]
    public async Task Gloo_does(string work) => Assert.All(await Workers.Run(2, work, "Gloo"), result => AssertDone(result, ""));

    [Fact]
    public async Task A_killed_process_ends_the_others_with_the_operation_named()
    {
        var results = await Workers.Run(4, "die", "Gloo");
        Assert.NotEqual(0, results[2].ExitCode);
        Assert.All(new[] { 0, 1, 3 }, rank =>
        {
            var result = results[rank];
            Assert.True(result.ExitCode == WorkerProgram.ErrorCode && result.Time < Bound, result.ToString());
            Assert.Contains(
                $"DistributedException: On rank {rank} of 4 (Gloo) the all-reduce of the gradients of shape [100000] failed", result.Error,
                StringComparison.Ordinal);
        });
    }

    [MpiFact("OpenMPI")]
    public async Task Mpirun_ends_the_others_of_a_killed_process()
    {
        var result = await MpiInstallation.Run("OpenMPI", 2, "die", "Mpi");
        Assert.True(result.ExitCode != 0 && result.Time < Bound, result.ToString());
    }

    [MpiFact("OpenMPI")]
    public async Task Mpirun_ends_the_others_of_a_process_that_fails()
    {
        var result = await MpiInstallation.Run("OpenMPI", 2, "fail", "Mpi");
        Assert.True(result.ExitCode != 0 && result.Time < Bound, result.ToString());
    }

    /// <summary>torchrun answers by this store, which is libtorch's.</summary>
    [Fact]
    public async Task Processes_meet_at_the_store_of_libtorch()
    {
        var port = $"{Workers.FreePort()}";
        Dictionary<string, string?> Variables(int rank)
        {
            var variables = Workers.Variables(rank, 2, port);
            variables["TORCHELASTIC_USE_AGENT_STORE"] = "True";
            return variables;
        }

        var results = await Task.WhenAll(
            Workers.RunOne([.. Workers.Command, "torch-store", port]),
            Workers.RunOne([.. Workers.Command, "meet", "Gloo", "30"], Variables(0)),
            Workers.RunOne([.. Workers.Command, "meet", "Gloo", "30"], Variables(1)));
        AssertDone(results[1], "rank 0 of 2");
        AssertDone(results[2], "rank 1 of 2");
    }

    [Fact]
    public async Task A_parameter_that_differs_is_named() => Assert.All(await Workers.Run(2, "differ", "Gloo"), result => AssertError(
        result, "The parameters of rank 1 differ from those of rank 0, first in 'second.weight'."));

    [Fact]
    public async Task A_second_backward_pass_after_Prepare_is_refused() => Assert.All(await Workers.Run(2, "twice", "Gloo"), result =>
    {
        Assert.Equal(WorkerProgram.ErrorCode, result.ExitCode);
        Assert.Contains("A second backward pass came after Prepare()", result.Error, StringComparison.Ordinal);
    });

    [Fact]
    public async Task Another_network_is_refused() => Assert.All(await Workers.Run(3, "other-network", "Gloo"), result => AssertError(
        result, "The network of rank 1 is not that of rank 0: its 10 tensors differ from the 10 of rank 0"));

    [Fact]
    public async Task A_process_that_does_not_come_is_named()
    {
        var result = await Workers.RunOne([.. Workers.Command, "meet", "Gloo", "2"], Workers.Variables(0, 3, $"{Workers.FreePort()}"));
        AssertError(result, "Ranks 1, 2 of 3 (torchrun) did not come to 127.0.0.1:");
        Assert.True(result.Time < Bound, result.ToString());
    }

    [Fact]
    public async Task Nobody_at_the_address_is_said()
    {
        var result = await Workers.RunOne([.. Workers.Command, "meet", "Gloo", "2"], Workers.Variables(1, 2, $"{Workers.FreePort()}"));
        AssertError(result, "Rank 1 found nobody at 127.0.0.1:");
    }

    [Fact]
    public async Task An_unknown_machine_is_named()
    {
        var result = await Workers.RunOne(
            [.. Workers.Command, "meet", "Gloo", "10"], Workers.Variables(1, 2, "29500", "no-such-machine.invalid"));
        // Without a name server it is not known that there is no such machine, only that nobody answered.
        AssertError(result, "no-such-machine.invalid");
    }

    [Fact]
    public async Task A_rank_given_twice_is_said()
    {
        var port = $"{Workers.FreePort()}";
        var results = await Task.WhenAll(new[] { 0, 1, 1 }.Select(rank =>
            Workers.RunOne([.. Workers.Command, "meet", "Gloo", "5"], Workers.Variables(rank, 3, port))));
        Assert.Contains(results, result => result.Error.Contains("every process needs a rank of its own", StringComparison.Ordinal));
        Assert.All(results, result => Assert.Equal(WorkerProgram.ErrorCode, result.ExitCode));
    }

    [Fact]
    public async Task A_port_that_is_taken_is_said()
    {
        using var store = new StoreServer(0);
        AssertError(
            await Workers.RunOne([.. Workers.Command, "meet", "Gloo", "5"], Workers.Variables(0, 2, $"{store.Port}")),
            $"Rank 0 cannot listen on port {store.Port}");
    }

    [Fact]
    public void A_program_that_speaks_otherwise_does_not_end_the_process_that_listens()
    {
        using var store = new StoreServer(0);
        foreach (var query in new[] { StoreProtocol.Query.Set, StoreProtocol.Query.Add })
        {
            using var other = new TcpClient("127.0.0.1", store.Port);
            using var stream = other.GetStream();
            stream.WriteByte((byte)StoreProtocol.Query.Validate);
            stream.Write(BitConverter.GetBytes(StoreProtocol.Magic));
            stream.WriteByte((byte)query);
            StoreProtocol.WriteLong(stream, query == StoreProtocol.Query.Set ? long.MaxValue : -1);
            Assert.Equal(-1, stream.ReadByte());
        }
    }

    [Fact]
    public async Task Processes_of_two_sizes_are_refused()
    {
        var port = $"{Workers.FreePort()}";
        var results = await Task.WhenAll(new[] { 2, 3 }.Select((size, rank) =>
            Workers.RunOne([.. Workers.Command, "meet", "Gloo", "5"], Workers.Variables(rank, size, port))));
        Assert.Contains("they must agree", results[0].Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_environment_ends_the_process_with_a_message() => AssertError(
        await Workers.RunOne([.. Workers.Command, "meet", "Gloo", "5"], Workers.Variables(5, 4, "29500")),
        "RANK is 5, but WORLD_SIZE is 4: ranks go from 0 to 3, a different one in each process.");

    [Fact]
    public async Task A_wrong_network_interface_is_named()
    {
        var port = $"{Workers.FreePort()}";
        var results = await Task.WhenAll(Enumerable.Range(0, 2).Select(rank =>
        {
            var variables = Workers.Variables(rank, 2, port);
            variables["GLOO_SOCKET_IFNAME"] = "eth99";
            return Workers.RunOne([.. Workers.Command, "meet", "Gloo", "10"], variables);
        }));
        Assert.Contains(results, result => result.Error.Contains("GLOO_SOCKET_IFNAME is 'eth99'", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Nccl_that_is_missing_is_said()
    {
        var results = await Workers.Run(2, "meet", "Nccl", "20");
        Assert.All(results, (result, rank) => AssertError(result, $"Rank {rank} (local rank {rank}) is to use cuda:{rank}"));
        var exception = Assert.Throws<DistributedException>(NcclLibrary.Load);
        Assert.Contains("libnccl.so.2 was not found", exception.Message, StringComparison.Ordinal);
    }

    /// <summary>Two machines, by their addresses: the machine's name gives neither of them.</summary>
    [NamespacesFact]
    public async Task Processes_in_two_network_namespaces_train_together()
    {
        var id = Environment.ProcessId % 10000;
        string[] names = [$"kndsl-a-{id}", $"kndsl-b-{id}"];
        string[] links = [$"kda{id}", $"kdb{id}"];
        var file = Workers.TemporaryFile();
        try
        {
            foreach (var name in names)
                Ip("netns", "add", name);
            Ip("link", "add", links[0], "type", "veth", "peer", "name", links[1]);
            for (var i = 0; i < 2; i++)
            {
                Ip("link", "set", links[i], "netns", names[i]);
                Ip("-n", names[i], "address", "add", $"10.99.7.{i + 1}/24", "dev", links[i]);
                Ip("-n", names[i], "link", "set", links[i], "up");
                Ip("-n", names[i], "link", "set", "lo", "up");
            }

            var results = await Task.WhenAll(Enumerable.Range(0, 2).Select(rank => Workers.RunOne(
                ["ip", "netns", "exec", names[rank], .. Workers.Command, "train", "Gloo", "group", "overlap", file],
                Workers.Variables(rank, 2, "29500", "10.99.7.1"))));
            Assert.All(results, result => AssertDone(result, "Gloo"));
            EqualityTests.AssertEqualsOneProcess(file);
        }
        finally
        {
            foreach (var name in names)
                NamespacesFactAttribute.Run("netns", "del", name);
        }

        static void Ip(params string[] arguments)
        {
            var (code, error) = NamespacesFactAttribute.Run(arguments);
            Assert.True(code == 0, $"ip {string.Join(' ', arguments)}: {error}");
        }
    }

    private static void AssertDone(WorkerResult result, string output)
    {
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Contains(output, result.Output, StringComparison.Ordinal);
    }

    private static void AssertError(WorkerResult result, string message)
    {
        Assert.True(result.ExitCode == WorkerProgram.ErrorCode, result.ToString());
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
    }
}
