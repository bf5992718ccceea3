using System;
using System.Collections.Generic;
using System.Linq;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Published.Tests;

/// <summary>
/// On a device a training step asks for no number: the operations that libtorch dispatches on the path that a device takes, counted on a
/// CPU whose own kernels are switched off. Operations of other tests would be counted too.
/// </summary>
[Collection(TorchTests.Name)]
public sealed class DevicePathTests
{
    /// <summary>Operations by which the host waits for a device.</summary>
    private static readonly string[] Waits =
        ["aten::_local_scalar_dense", "aten::item", "aten::is_nonzero", "aten::equal", "aten::nonzero", "aten::unique", "aten::allclose"];

    private static readonly Dictionary<string, NormPolicy> Policies = new()
    {
        ["kalman"] = NormPolicy.Kalman(),
        ["kalman, 2"] = NormPolicy.Kalman(microbatch: 2),
        ["kalman, 3"] = NormPolicy.Kalman(microbatch: 3),
        ["learned"] = NormPolicy.Kalman(Gain.Learned(), microbatch: 2, transition: Transition.Learned),
        ["adaptive"] = NormPolicy.Kalman(Gain.Adaptive(), microbatch: 2),
        ["sampled"] = NormPolicy.Kalman(0.1, microbatch: 2, transition: Transition.Sampled),
        ["batch"] = NormPolicy.Batch(),
        ["batch, 2"] = NormPolicy.Batch(microbatch: 2),
        ["renorm"] = NormPolicy.Renorm(warmUp: 1, rSteps: 2, dSteps: 2),
        ["group"] = NormPolicy.Group(4),
        ["layer"] = NormPolicy.Layer(),
        ["instance"] = NormPolicy.Instance(),
        ["groupkalman"] = NormPolicy.GroupKalman(4),
        ["layerkalman"] = NormPolicy.LayerKalman(),
        ["instancekalman"] = NormPolicy.InstanceKalman(),
        ["none"] = NormPolicy.None(),
    };

    public static TheoryData<string, string> NetworksAndPolicies()
    {
        var data = new TheoryData<string, string>();
        foreach (var network in new[] { "ResNetCifar", "ResNet50" })
        {
            foreach (var policy in Policies.Keys)
                data.Add(network, policy);
        }

        return data;
    }

    /// <summary>
    /// TorchSharp copies a number to the host and reads it there, which on a CPU is no operation: so the runtime's own reads are counted,
    /// and KnDsl.Architecture.Tests finds those that are not.
    /// </summary>
    [Fact]
    public void AWaitIsSeen()
    {
        using var scope = NewDisposeScope();
        using var layer = NormPolicy.Renorm().Create(4);
        using var path = DevicePath.TakeOnCpu();
        var waits = DevicePath.Waits;
        layer.call(randn(2, 4, 3, 3));
        Assert.Equal(waits + 1, DevicePath.Waits);
        var chosen = ones(3);
        if (Dispatched.By(() => chosen.nonzero()) is { } dispatched)
            Assert.Contains(dispatched.Keys, Waits.Contains);
    }

    [Theory]
    [MemberData(nameof(NetworksAndPolicies))]
    public void NoStepWaits(string name, string policy)
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        using var step = new NetworkStep(name, Policies[policy], CPU);
        using var path = DevicePath.TakeOnCpu();
        // The first step asks once where a schedule or a first prior depends on a counter.
        step.Run();
        var waits = DevicePath.Waits;
        var dispatched = Dispatched.By(step.Run);
        Assert.Equal(waits, DevicePath.Waits);
        if (dispatched is null)
            return;
        Assert.True(dispatched.GetValueOrDefault("aten::convolution") > 10, "The operations were not seen.");
        Assert.DoesNotContain(dispatched.Keys, Waits.Contains);
    }
}
