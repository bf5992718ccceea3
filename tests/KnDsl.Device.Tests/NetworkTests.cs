using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using KnDsl.Published.Tests;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Device.Tests;

/// <summary>Generated networks on a device: the published figures, the gradients of a CPU, and no wait in a step.</summary>
public sealed class NetworkTests : DeviceTest
{
    public static TheoryData<string> Published => NamesOf(_ => true);

    public static TheoryData<string> WithPolicy => NamesOf(declared => declared.HasPolicy);

    public static TheoryData<string> Recomputing => NamesOf(declared => declared.Recomputes);

    public static TheoryData<string, string> NetworksAndPolicies
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var network in new[] { "ResNetCifar", "ResNet50" })
            {
                foreach (var policy in EveryPolicy.Names)
                    data.Add(network, policy);
            }

            return data;
        }
    }

    /// <summary>What torchvision and the authors' implementations give, in 32 bits.</summary>
    [Theory]
    [MemberData(nameof(Published))]
    public void A_published_network_equals_its_original(string name)
    {
        using var _ = no_grad();
        var (reference, declared) = (Reference.Load(name), Declared.All[name]);
        using var network = declared.Create(NormPolicy.Batch());
        network.eval();
        reference.Fill(network);
        network.to(Device);
        reference.AssertMatches(network, declared.Run(network, reference.Input().to(Device), reference.Outputs[0].Name));
        if (!declared.HasPolicy)
            return;
        network.GetType().GetMethod("fold")!.Invoke(network, null);
        var outputs = declared.Run(network, reference.Input().to(Device), reference.Outputs[0].Name);
        foreach (var output in reference.Outputs)
            Assert.Equal(output.Shape, outputs[output.Name].shape);
    }

    /// <summary>Outputs, gradients and running averages of a training pass, in 64 bits.</summary>
    [Theory]
    [MemberData(nameof(WithPolicy))]
    public void A_training_pass_is_that_of_a_CPU(string name)
    {
        foreach (var policy in new[] { NormPolicy.Kalman(microbatch: 2), NormPolicy.InstanceKalman(), NormPolicy.Batch() })
            Close(Train(name, policy, CPU), Train(name, policy, Device), 1e-6, $"{name}, {policy}");
    }

    /// <summary>On a device nothing is computed again yet: what asks for it trains all the same.</summary>
    [Theory]
    [MemberData(nameof(Recomputing))]
    public void A_network_that_computes_again_trains_as_one_that_does_not(string name)
    {
        var kept = Train(name, NormPolicy.Kalman(microbatch: 2), Device);
        foreach (var recompute in new[] { true, Recompute.Blocks })
            Close(kept, Train(name, NormPolicy.Kalman(microbatch: 2), Device, recompute), 1e-9, $"{name}, {recompute}");
    }

    /// <summary>libtorch itself says whether the host waits.</summary>
    [Theory]
    [MemberData(nameof(NetworksAndPolicies))]
    public void No_step_waits(string name, string policy)
    {
        Assert.SkipWhen(IsRehearsal, "A CPU is not waited for.");
        using var step = new NetworkStep(name, EveryPolicy.Of(policy), Device);
        // The first step asks once where a schedule or a first prior depends on a counter, and cuDNN looks for its ways.
        step.Run();
        var waits = DevicePath.Waits;
        HostWaits.Forbid(step.Run);
        HostWaits.Forbid(step.Run);
        // libtorch does not count who waits for all of a device.
        Assert.Equal(waits, DevicePath.Waits);
    }

    [Fact]
    public void A_wait_is_seen()
    {
        Assert.SkipWhen(IsRehearsal, "A CPU is not waited for.");
        var number = ones(3, device: Device);
        Assert.ThrowsAny<Exception>(() => HostWaits.Forbid(() => number.sum().item<float>()));
        Assert.ThrowsAny<Exception>(() => HostWaits.Forbid(() => number.cpu()));
    }

    [Fact]
    public void Weights_go_to_a_file_and_back_to_another_device()
    {
        var file = Path.Combine(Path.GetTempPath(), $"kndsl-{Guid.NewGuid():N}.safetensors");
        try
        {
            using var trained = new ResNetCifar(device: Device);
            var x = randn(4, 1, 28, 28);
            trained.call(x.to(Device)).square().sum().backward();
            trained.save_weights(file);
            using var loaded = new ResNetCifar(device: CPU);
            loaded.load_weights(file);
            using var back = new ResNetCifar(device: Device);
            back.load_weights(file);
            trained.eval();
            loaded.eval();
            back.eval();
            Close(trained.call(x.to(Device)).cpu(), loaded.call(x), 1e-4, "on a CPU");
            Close(trained.call(x.to(Device)).cpu(), back.call(x.to(Device)).cpu(), 1e-6, "on the device");
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static TheoryData<string> NamesOf(Func<Declared, bool> condition) =>
        [.. Declared.All.Values.Where(condition).Select(declared => declared.Type.Name).Order(StringComparer.Ordinal)];

    private static Dictionary<string, Tensor> Train(string name, NormPolicy policy, torch.Device device, Recompute recompute = default)
    {
        var (reference, declared) = (Reference.Load(name), Declared.All[name]);
        using var network = declared.Create(policy, recompute: recompute);
        reference.Fill(network);
        network.to(float64).to(device);
        // Devices draw other random numbers: then only the norms train.
        var draws = declared.Layers.Any(layer => layer.Operation.StartsWith("dropout", StringComparison.Ordinal)
            || layer.Operation.StartsWith("stochastic_depth", StringComparison.Ordinal));
        network.train(!draws);
        foreach (var norm in network.modules().OfType<NormLayer>())
            norm.train();
        manual_seed(1);
        var image = reference.Input().to(float64).to(device);
        Dictionary<string, Tensor> outputs;
        try
        {
            outputs = declared.Run(network, cat([image, image.flip(-1)], 0), "output").ToDictionary();
        }
        catch (ArgumentException) when (policy == NormPolicy.InstanceKalman())
        {
            // Maps of a single value.
            return [];
        }

        outputs.Values.Aggregate(zeros([], float64, device), (sum, output) => sum + output.square().mean()).backward();
        var found = outputs.ToDictionary(output => $"output {output.Key}", output => output.Value.detach());
        foreach (var (parameter, value) in network.named_parameters().Where(entry => entry.parameter.grad is not null))
            found[$"gradient of {parameter}"] = value.grad!.clone();
        foreach (var (buffer, value) in network.named_buffers())
            found[buffer] = value.clone();
        return found.ToDictionary(entry => entry.Key, entry => entry.Value.cpu());
    }
}
