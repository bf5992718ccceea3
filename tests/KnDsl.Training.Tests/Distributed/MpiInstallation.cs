using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;

namespace KnDsl.Training.Tests;

/// <summary>An mpirun of this machine, if it has one.</summary>
internal static class MpiInstallation
{
    /// <summary>Why tests with it cannot run; null if they can.</summary>
    public static string? WhyNot(string kind) =>
        Find(kind) is null ? $"No mpirun of {kind} is on PATH (apt-get install {Package(kind)})." : null;

    /// <summary>Runs a work in several processes.</summary>
    public static Task<WorkerResult> Run(string kind, int size, params string[] arguments)
    {
        string[] options = kind == "OpenMPI" ? ["--allow-run-as-root", "--oversubscribe"] : [];
        return Workers.RunOne(
            [Find(kind)!, .. options, "-n", $"{size}", .. Workers.Command, .. arguments],
            // Who runs the tests may be one of several processes himself.
            new List<string> { "RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT" }.ToDictionary(name => name, _ => (string?)null));
    }

    private static string Package(string kind) => kind == "OpenMPI" ? "openmpi-bin" : "mpich";

    private static string? Find(string kind)
    {
        var name = kind == "OpenMPI" ? "mpirun.openmpi" : "mpirun.mpich";
        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(File.Exists);
    }
}
