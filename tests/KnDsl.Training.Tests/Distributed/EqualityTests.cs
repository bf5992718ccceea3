using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Xunit;

namespace KnDsl.Training.Tests;

/// <summary>Several processes make the steps that one makes with the whole batch.</summary>
public sealed class EqualityTests
{
    private const double Tolerance = 1e-9;

    [Theory]
    [InlineData(2, "group", "overlap")]
    [InlineData(2, "group", "after")]
    [InlineData(4, "group", "overlap")]
    [InlineData(2, "synchronized", "overlap")]
    [InlineData(4, "synchronized", "overlap")]
    public async Task Twenty_steps_equal_those_of_one_process(int size, string policy, string buckets)
    {
        var file = Workers.TemporaryFile();
        var results = await Workers.Run(size, "train", "Gloo", policy, buckets, file);
        Assert.All(results, result => Assert.True(result.ExitCode == 0, result.ToString()));
        AssertEqualsOneProcess(file, policy);
    }

    /// <summary>Statistics of a share are not those of the whole batch: what synchronizing them is for.</summary>
    [Fact]
    public async Task Batch_normalization_of_each_share_differs()
    {
        var file = Workers.TemporaryFile();
        await Workers.Run(2, "train", "Gloo", "batch", "after", file);
        Assert.True(Distance(OfOneProcess("batch"), Read(file)) > 1e-3);
    }

    [MpiFact("OpenMPI")]
    public Task Over_OpenMpi_too() => OverMpi("OpenMPI");

    [MpiFact("MPICH")]
    public Task Over_Mpich_too() => OverMpi("MPICH");

    /// <summary>What the comparison is worth: the values are not those that the training began with.</summary>
    [Fact]
    public void Training_changes_the_values()
    {
        using var network = new SmallNetwork(seed: 100, NormPolicy.Group(4));
        Assert.True(Distance(Training.ValuesOf(network), OfOneProcess("group")) > 0.1);
    }

    /// <summary>Compares values of a file with those of one process and the whole batch.</summary>
    internal static void AssertEqualsOneProcess(string file, string policy = "group")
    {
        var (expected, found) = (OfOneProcess(policy), Read(file));
        Assert.Equal(expected.Length, found.Length);
        Assert.True(Distance(expected, found) < Tolerance, $"They differ by {Distance(expected, found)}.");
    }

    private static async Task OverMpi(string kind)
    {
        var file = Workers.TemporaryFile();
        var result = await MpiInstallation.Run(kind, 2, "train", "Mpi", "synchronized", "overlap", file);
        Assert.True(result.ExitCode == 0, result.ToString());
        AssertEqualsOneProcess(file, "synchronized");
    }

    private static double[] Read(string file) =>
        [.. File.ReadAllLines(file).Select(line => double.Parse(line, CultureInfo.InvariantCulture))];

    private static double[] OfOneProcess(string policy)
    {
        using var group = ProcessGroup.Single();
        using var network = new SmallNetwork(seed: 100, Training.Policies[policy]);
        Training.Run(group, network, overlap: true, bucketBytes: 2000);
        return Training.ValuesOf(network);
    }

    private static double Distance(double[] one, double[] other) => one.Zip(other).Max(pair => Math.Abs(pair.First - pair.Second));
}
