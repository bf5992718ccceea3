using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Training.Tests.Running;

public sealed class ComputeDeviceTests
{
    [Fact]
    public void The_cpu_is_always_there_and_cuda_is_taken_where_it_is()
    {
        Assert.Equal(DeviceType.CPU, ComputeDevice.Choose("cpu").type);
        Assert.Equal(cuda.is_available() ? DeviceType.CUDA : DeviceType.CPU, ComputeDevice.Choose("auto").type);
    }

    [Fact]
    public void Cuda_where_there_is_none_is_an_error()
    {
        if (cuda.is_available())
        {
            Assert.Equal(DeviceType.CUDA, ComputeDevice.Choose("cuda").type);
            return;
        }

        var error = Assert.Throws<SettingsException>(() => ComputeDevice.Choose("cuda"));
        Assert.Contains("--device is cuda", error.Message, System.StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_goes_on_has_its_checkpoints_before_it_is_opened()
    {
        Assert.Null(new TrainingStart<object>(new(), Resume: null, AllowChanges: false).Checkpoints);
        using var folder = new TemporaryFolder();
        using var run = RunFolder.Create("tiny", new Nothing(), root: folder.Path);
        Assert.Equal(run.Checkpoints, new TrainingStart<object>(new(), run.FullPath, AllowChanges: false).Checkpoints);
    }

    private sealed record Nothing;
}
