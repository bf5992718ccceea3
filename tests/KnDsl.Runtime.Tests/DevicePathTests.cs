using System;
using System.Linq;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Runtime.Tests;

/// <summary>The path that a device takes, run on a CPU: the same numbers, and no wait for one.</summary>
public sealed class DevicePathTests : TorchTest
{
    public static TheoryData<string> Policies => EveryPolicyTests.Normalizing;

    [Theory]
    [MemberData(nameof(Policies))]
    public void GivesWhatTheCpuGives(string name)
    {
        foreach (var withPrior in new[] { false, true })
        {
            using var ofCpu = EveryPolicy.Of(name).Create(4, dtype: float64);
            using var ofDevice = EveryPolicy.Of(name).Create(4, dtype: float64);
            // The second pass meets averages that the first has updated; of five samples one is left over in micro-batches of two.
            for (var pass = 0; pass < 2; pass++)
            {
                var x = Random(5, 4, 3, 3) * 2 + 1;
                var direction = Random(5, 4, 3, 3);
                var expected = LayerPass.Run(ofCpu, x, direction, withPrior);
                using var path = DevicePath.TakeOnCpu();
                var actual = LayerPass.Run(ofDevice, x, direction, withPrior);
                foreach (var (what, value) in expected)
                    Close(value, actual[what], 1e-9, $"{what} of {name} in pass {pass}, prior {withPrior}");
            }

            ofCpu.eval();
            ofDevice.eval();
            var seen = Random(3, 4, 3, 3);
            var inferred = ofCpu.call(seen);
            using (DevicePath.TakeOnCpu())
                Close(inferred, ofDevice.call(seen), 1e-9, $"inference of {name}");
        }
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void AValueThatIsNotFiniteSpoilsNothingAndIsReportedAtTheNextCall(string name)
    {
        using var path = DevicePath.TakeOnCpu();
        SpoilsNothing(name, double.NaN);
    }

    /// <summary>On the path that is taken, of whatever kernels.</summary>
    internal static void SpoilsNothing(string name, double number)
    {
        using var layer = EveryPolicy.Of(name).Create(4, dtype: float64);
        var x = Random(4, 4, 3, 3);
        layer.call(x, Prior());
        var before = layer.state_dict().ToDictionary(entry => entry.Key, entry => entry.Value.clone());
        var bad = x.clone();
        bad[1, 2, 0, 0] = number;
        layer.call(bad, Prior());
        foreach (var (entry, value) in layer.state_dict())
            Close(before[entry], value, 0, entry);

        var error = Assert.Throws<NotFiniteNumberException>(() => layer.call(x, Prior()));
        Assert.Contains(layer.GetName(), error.Message);
        layer.call(x, Prior());
        layer.eval();
        layer.call(bad, Prior());
        layer.train();
        layer.call(x, Prior());
    }

    /// <summary>Loops and kernels are given addresses: of another device they would be read as one's own.</summary>
    [Theory]
    [MemberData(nameof(Policies))]
    public void AValueOnAnotherDeviceThanTheLayerIsAnError(string name)
    {
        using var elsewhere = EveryPolicy.Of(name).Create(4, device("meta"));
        using var here = EveryPolicy.Of(name).Create(4);
        if (name == "instance, plain")
            return;
        Assert.ThrowsAny<Exception>(() => elsewhere.call(randn(4, 4, 3, 3)));
        Assert.ThrowsAny<Exception>(() => here.call(randn([4, 4, 3, 3], device: device("meta"))));
    }

    /// <summary>A schedule by steps is that of weights that were loaded, and nobody asks the device at each step.</summary>
    [Fact]
    public void ACounterIsThatOfTheWeights()
    {
        using var path = DevicePath.TakeOnCpu();
        var count = new HostCount();
        using var counter = zeros([], int64);
        for (var step = 0; step < 3; step++)
        {
            Assert.Equal(step, count.Of(counter));
            counter.add_(1);
            count.CountOne(counter);
        }

        counter.fill_(40);
        Assert.Equal(40, count.Of(counter));
        using var other = full([], 7, int64);
        Assert.Equal(7, count.Of(other));
        using (inference_mode())
        {
            using var inference = full([], 9, int64);
            Assert.Equal(9, count.Of(inference));
            inference.fill_(10);
            Assert.Equal(10, count.Of(inference));
        }
    }

    private static ChannelState Prior() => ChannelState.Gaussian(zeros(4, float64), ones(4, float64), [3, 3]);
}
