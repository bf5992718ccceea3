using System;
using System.Globalization;

namespace KnDsl.Training;

/// <summary>Which of several processes this one is, and where the first one waits for the others.</summary>
/// <param name="Rank">The number of this process, from 0.</param>
/// <param name="Size">How many processes there are.</param>
/// <param name="LocalRank">The number of this process among those of its machine.</param>
/// <param name="MasterAddress">The name or address of the machine of rank 0; null where only MPI knows it.</param>
/// <param name="MasterPort">The port on which the processes find each other.</param>
/// <param name="Source">Who told: <c>torchrun</c>, <c>mpirun</c>, <c>Slurm</c>, or nobody.</param>
public sealed record ProcessEnvironment(
    int Rank, int Size, int LocalRank, string? MasterAddress, int MasterPort, string Source)
{
    /// <summary>torch's port where nobody names one.</summary>
    private const int DefaultPort = 29500;

    /// <summary>A process by itself.</summary>
    public static ProcessEnvironment Alone { get; } = new(0, 1, 0, null, DefaultPort, "no environment variable");

    /// <summary>Whether who started the processes answers at <see cref="MasterPort"/>; else rank 0 does, as with <c>torchrun</c>.</summary>
    public bool HasStore { get; init; }

    /// <summary>How often the processes were started again: a new attempt must not meet what an old one left.</summary>
    public int Attempt { get; init; }

    /// <summary>Whether <c>mpirun</c> started the processes.</summary>
    public bool IsOfMpi { get; init; }

    /// <summary>
    /// Reads what <c>torchrun</c> sets (RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR, MASTER_PORT), else what <c>mpirun</c> does
    /// (OMPI_COMM_WORLD_RANK and PMI_RANK with their likes), else what Slurm's <c>srun</c> does (SLURM_PROCID, SLURM_NTASKS,
    /// SLURM_LOCALID, SLURM_NODELIST). MASTER_ADDR and MASTER_PORT hold in all of them.
    /// </summary>
    /// <param name="variable">The value of a variable, or null; null reads those of this process.</param>
    /// <exception cref="DistributedException">A variable is missing, is no number, or contradicts another.</exception>
    public static ProcessEnvironment Read(Func<string, string?>? variable = null)
    {
        var variables = new EnvironmentVariables(variable ?? System.Environment.GetEnvironmentVariable);
        var read = variables switch
        {
            _ when variables.Has("RANK") || variables.Has("WORLD_SIZE") => OfTorchrun(variables),
            _ when variables.Has("OMPI_COMM_WORLD_SIZE") => OfMpi(
                variables, "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK", "OMPI_COMM_WORLD_LOCAL_SIZE"),
            // Slurm's own srun sets PMI variables too.
            _ when variables.Has("PMI_SIZE") && !variables.Has("SLURM_PROCID") => OfMpi(
                variables, "PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID", "MPI_LOCALNRANKS"),
            _ when variables.Has("SLURM_PROCID") && variables.Has("SLURM_NTASKS") => OfSlurm(variables),
            _ => Alone,
        };
        return read.Size == 1 ? read : read with { MasterPort = Port(variables, read.MasterPort) };
    }

    private static ProcessEnvironment OfTorchrun(EnvironmentVariables variables)
    {
        var (rank, size) = RankOf(variables, "RANK", "WORLD_SIZE");
        if (size == 1)
            return Alone with { Source = "torchrun" };
        var localRank = variables.Number("LOCAL_RANK", 0, int.MaxValue, otherwise: rank);
        if (variables.Get("MASTER_ADDR") is not { } address)
        {
            throw new DistributedException(
                $"WORLD_SIZE is {size}, but MASTER_ADDR is not set: set it to the name or address of the machine of rank 0 "
                + "(127.0.0.1 if all processes run on this one), and MASTER_PORT to a free port there.");
        }

        if (!variables.Has("MASTER_PORT"))
        {
            throw new DistributedException(
                $"WORLD_SIZE is {size}, but MASTER_PORT is not set: set it to a port that is free on {address}, the same in all "
                + "processes.");
        }

        return new(rank, size, localRank, address, DefaultPort, "torchrun")
        {
            HasStore = variables.Get("TORCHELASTIC_USE_AGENT_STORE") is "True" or "true" or "1",
            Attempt = variables.Number("TORCHELASTIC_RESTART_COUNT", 0, int.MaxValue, otherwise: 0),
        };
    }

    private static ProcessEnvironment OfMpi(
        EnvironmentVariables variables, string rankName, string sizeName, string localRankName, string localSizeName)
    {
        var (rank, size) = RankOf(variables, rankName, sizeName);
        var localRank = variables.Number(localRankName, 0, int.MaxValue, otherwise: rank);
        var isOneMachine = variables.Number(localSizeName, 1, int.MaxValue, otherwise: 0) == size;
        return new(rank, size, localRank, variables.Get("MASTER_ADDR") ?? (isOneMachine ? "127.0.0.1" : null), DefaultPort, "mpirun")
        {
            // With an address of their own they can find each other without MPI.
            IsOfMpi = !variables.Has("MASTER_ADDR"),
        };
    }

    private static ProcessEnvironment OfSlurm(EnvironmentVariables variables)
    {
        // A batch script knows the tasks of the job, but only a step has several processes.
        var sizeName = variables.Has("SLURM_STEP_NUM_TASKS") ? "SLURM_STEP_NUM_TASKS" : "SLURM_NTASKS";
        var (rank, size) = RankOf(variables, "SLURM_PROCID", sizeName);
        if (size == 1)
            return Alone with { Source = "Slurm" };
        var listName = Array.Find(["SLURM_STEP_NODELIST", "SLURM_NODELIST", "SLURM_JOB_NODELIST"], variables.Has);
        var address = variables.Get("MASTER_ADDR") ?? (listName is null ? null : NodeList.FirstOf(variables.Get(listName)!, listName))
            ?? throw new DistributedException(
                $"SLURM_NTASKS is {size}, but neither SLURM_NODELIST nor MASTER_ADDR says where rank 0 is: start the processes with srun.");
        // Two jobs on one machine must not meet.
        var port = 15000 + variables.Number("SLURM_JOB_ID", 0, int.MaxValue, otherwise: 0) % 10000;
        return new(rank, size, variables.Number("SLURM_LOCALID", 0, int.MaxValue, otherwise: 0), address, port, "Slurm");
    }

    private static (int Rank, int Size) RankOf(EnvironmentVariables variables, string rankName, string sizeName)
    {
        foreach (var (name, other) in new[] { (rankName, sizeName), (sizeName, rankName) })
        {
            if (!variables.Has(name))
                throw new DistributedException($"{other} is set, but {name} is not: set both, or neither for a process by itself.");
        }

        var size = variables.Number(sizeName, 1, int.MaxValue);
        var rank = variables.Number(rankName, 0, int.MaxValue);
        return rank < size ? (rank, size) : throw new DistributedException(
            $"{rankName} is {rank}, but {sizeName} is {size}: ranks go from 0 to {size - 1}, a different one in each process.");
    }

    private static int Port(EnvironmentVariables variables, int otherwise) =>
        variables.Number("MASTER_PORT", 1, ushort.MaxValue, otherwise);

    /// <summary>The text and the numbers of variables.</summary>
    private sealed class EnvironmentVariables(Func<string, string?> variable)
    {
        public string? Get(string name) => variable(name) is { Length: > 0 } value ? value.Trim() : null;

        public bool Has(string name) => Get(name) is not null;

        public int Number(string name, int minimum, int maximum, int? otherwise = null)
        {
            if (Get(name) is not { } text)
                return otherwise ?? throw new DistributedException($"{name} is not set.");
            if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
                && number >= minimum && number <= maximum)
            {
                return number;
            }

            var range = maximum == int.MaxValue ? $"of at least {minimum}" : $"from {minimum} to {maximum}";
            throw new DistributedException($"{name} is '{text}': it must be a whole number {range}.");
        }
    }
}
