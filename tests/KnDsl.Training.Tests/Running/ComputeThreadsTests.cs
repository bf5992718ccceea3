using System;
using System.Threading.Tasks;
using Xunit;

namespace KnDsl.Training.Tests.Running;

public sealed class ComputeThreadsTests
{
    /// <summary>In a process of its own: torch reads the environment once, when it is loaded.</summary>
    [Fact]
    public async Task Threads_that_wait_sleep()
    {
        if (!OperatingSystem.IsLinux())
            return;
        var result = Assert.Single(await Workers.Run(1, "threads"));
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal("3 threads, PASSIVE", result.Output.Trim());
    }

    [Fact]
    public void Less_than_one_thread_is_refused() => Assert.Throws<ArgumentOutOfRangeException>(() => ComputeThreads.Set(0));
}
