using System;
using System.Collections.Generic;
using System.Linq;
using Xunit;

namespace KnDsl.Training.Tests;

/// <summary>What the environment says of processes.</summary>
public sealed class EnvironmentTests
{
    [Theory]
    [InlineData("", 0, 1, 0, null, 29500, "no environment variable")]
    [InlineData("WORLD_SIZE=1 RANK=0", 0, 1, 0, null, 29500, "torchrun")]
    [InlineData("WORLD_SIZE=8 RANK=5 LOCAL_RANK=1 MASTER_ADDR=a MASTER_PORT=1234", 5, 8, 1, "a", 1234, "torchrun")]
    [InlineData("OMPI_SIZE=4 OMPI_RANK=3 OMPI_LOCAL_RANK=1 OMPI_LOCAL_SIZE=2", 3, 4, 1, null, 29500, "mpirun")]
    [InlineData("OMPI_SIZE=2 OMPI_RANK=1 OMPI_LOCAL_RANK=1 OMPI_LOCAL_SIZE=2", 1, 2, 1, "127.0.0.1", 29500, "mpirun")]
    [InlineData("PMI_SIZE=4 PMI_RANK=2 MPI_LOCALRANKID=0 MASTER_ADDR=b MASTER_PORT=99", 2, 4, 0, "b", 99, "mpirun")]
    [InlineData("SLURM_NTASKS=6 SLURM_PROCID=4 SLURM_NODELIST=n[03-05],m SLURM_JOB_ID=1234567", 4, 6, 0, "n03", 19567, "Slurm")]
    [InlineData("SLURM_NTASKS=6 SLURM_PROCID=4 SLURM_NODELIST=n MASTER_ADDR=x MASTER_PORT=7 PMI_SIZE=6", 4, 6, 0, "x", 7, "Slurm")]
    [InlineData("SLURM_NTASKS=8 SLURM_STEP_NUM_TASKS=1 SLURM_PROCID=0", 0, 1, 0, null, 29500, "Slurm")]
    public void It_is_read(string variables, int rank, int size, int localRank, string? address, int port, string source)
    {
        var found = Read(variables);
        Assert.Equal(
            (rank, size, localRank, address, port, source),
            (found.Rank, found.Size, found.LocalRank, found.MasterAddress, found.MasterPort, found.Source));
    }

    [Theory]
    [InlineData("WORLD_SIZE=4 RANK=4 MASTER_ADDR=a MASTER_PORT=1", "RANK is 4, but WORLD_SIZE is 4: ranks go from 0 to 3")]
    [InlineData("WORLD_SIZE=4 RANK=-1 MASTER_ADDR=a MASTER_PORT=1", "RANK is '-1': it must be a whole number of at least 0.")]
    [InlineData("WORLD_SIZE=0 RANK=0", "WORLD_SIZE is '0': it must be a whole number of at least 1.")]
    [InlineData("WORLD_SIZE=two RANK=0", "WORLD_SIZE is 'two': it must be a whole number")]
    [InlineData("WORLD_SIZE=2", "WORLD_SIZE is set, but RANK is not")]
    [InlineData("RANK=2", "RANK is set, but WORLD_SIZE is not")]
    [InlineData("WORLD_SIZE=2 RANK=0 MASTER_PORT=1", "MASTER_ADDR is not set")]
    [InlineData("WORLD_SIZE=2 RANK=0 MASTER_ADDR=a", "MASTER_PORT is not set")]
    [InlineData("WORLD_SIZE=2 RANK=0 MASTER_ADDR=a MASTER_PORT=abc", "MASTER_PORT is 'abc': it must be a whole number from 1 to 65535.")]
    [InlineData("WORLD_SIZE=2 RANK=0 MASTER_ADDR=a MASTER_PORT=70000", "MASTER_PORT is '70000'")]
    [InlineData("WORLD_SIZE=2 RANK=0 LOCAL_RANK=x MASTER_ADDR=a MASTER_PORT=1", "LOCAL_RANK is 'x'")]
    [InlineData("OMPI_SIZE=2", "OMPI_COMM_WORLD_SIZE is set, but OMPI_COMM_WORLD_RANK is not")]
    [InlineData("SLURM_NTASKS=2 SLURM_PROCID=2 SLURM_NODELIST=a", "SLURM_PROCID is 2, but SLURM_NTASKS is 2")]
    [InlineData("SLURM_NTASKS=2 SLURM_PROCID=1", "start the processes with srun")]
    [InlineData("SLURM_NTASKS=2 SLURM_PROCID=1 SLURM_NODELIST=n[01", "SLURM_NODELIST is 'n[01', which is no list of machines")]
    public void What_contradicts_itself_is_refused(string variables, string message) =>
        Assert.Contains(message, Assert.Throws<DistributedException>(() => Read(variables)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("node07", "node07")]
    [InlineData("a,b", "a")]
    [InlineData("node[07-10,12]", "node07")]
    [InlineData("node[3]", "node3")]
    [InlineData("rack1-node[2,4],login", "rack1-node2")]
    [InlineData("r[1-2]n[05-06]x,b", "r1n05x")]
    public void The_first_machine_is_found(string list, string first) => Assert.Equal(first, NodeList.FirstOf(list, "SLURM_NODELIST"));

    [Theory]
    [InlineData("")]
    [InlineData("n[]")]
    [InlineData("n[-3]")]
    [InlineData("n[1")]
    [InlineData("n]1")]
    [InlineData(",a")]
    [InlineData("a b")]
    public void What_is_no_list_is_refused(string list) =>
        Assert.Throws<DistributedException>(() => NodeList.FirstOf(list, "SLURM_NODELIST"));

    private static ProcessEnvironment Read(string variables)
    {
        var values = variables.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=', 2))
            .ToDictionary(pair => pair[0].Replace("OMPI_", "OMPI_COMM_WORLD_", StringComparison.Ordinal), pair => pair[1]);
        return ProcessEnvironment.Read(name => values.GetValueOrDefault(name));
    }
}
