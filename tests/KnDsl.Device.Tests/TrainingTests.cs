using System;
using System.Linq;
using KnDsl.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Device.Tests;

/// <summary>Training on a device: steps as on a CPU, and NCCL.</summary>
public sealed class TrainingTests : DeviceTest
{
    /// <summary>Ten steps in 64 bits end with the weights of ten steps on a CPU.</summary>
    [Theory]
    [InlineData("kalman")]
    [InlineData("kalman, whole")]
    [InlineData("instancekalman")]
    [InlineData("batch")]
    public void Steps_are_those_of_a_CPU(string policy)
    {
        var (images, labels) = (randn(16, 1, 28, 28, dtype: float64), randint(10, [16], ScalarType.Int64));
        Close(Train(CPU), Train(Device), 1e-6, policy);

        System.Collections.Generic.Dictionary<string, Tensor> Train(torch.Device device)
        {
            manual_seed(5);
            using var network = new ResNetCifar(policy: EveryPolicy.Of(policy), device: CPU);
            network.to(float64).to(device);
            using var optimizer = optim.SGD(network.parameters(), 0.05, momentum: 0.9, weight_decay: 1e-4);
            var (x, target) = (images.to(device), labels.to(device));
            for (var step = 0; step < 10; step++)
            {
                using var turn = NewDisposeScope();
                optimizer.zero_grad();
                nn.functional.cross_entropy(network.call(x), target).backward();
                optimizer.step();
            }

            return network.state_dict().ToDictionary(entry => entry.Key, entry => entry.Value.detach().cpu().clone());
        }
    }

    /// <summary>A group of one process over NCCL, which takes the library, its communicator and its stream.</summary>
    [Fact]
    public void NCCL_sums_and_sends()
    {
        Assert.SkipWhen(IsRehearsal, "NCCL needs a CUDA device.");
        Assert.SkipUnless(
            System.Runtime.InteropServices.NativeLibrary.TryLoad("libnccl.so.2", out _), "There is no libnccl.so.2 here.");
        using var meeting = Meeting.Join(ProcessEnvironment.Alone with { MasterAddress = "127.0.0.1" }, TimeSpan.FromSeconds(20));
        using var group = NcclGroup.Create(ProcessEnvironment.Alone, new() { Device = Device }, meeting);
        Assert.StartsWith("NCCL 2.", group.Engine, StringComparison.Ordinal);
        var values = arange(1000, float32, Device);
        group.AllReduce(values, Training.Reduction.Mean);
        Close(arange(1000, float32), values.cpu(), 0);
        group.Broadcast(values);
        Close(arange(1000, float32), values.cpu(), 0);
        group.Barrier();
    }
}
