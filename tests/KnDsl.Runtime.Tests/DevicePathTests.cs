using System;
using System.Collections.Generic;
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

    /// <summary>A device that is asked to finish is one that is waited for; a report that was not heard is not lost.</summary>
    [Fact]
    public void AReportIsTheSameForAllPassesOfADevice()
    {
        using var path = DevicePath.TakeOnCpu();
        using var report = new FiniteReport();
        var x = ones(3);
        // Each asking makes another object.
        var (flag, waits) = (report.Flag(x.device), DevicePath.Waits);
        Assert.Same(flag, report.Flag(x.device));
        report.Note(tensor(false));
        report.Note(tensor(true));
        Assert.Equal(waits, DevicePath.Waits);
        Assert.True(report.TakeFound());
        Assert.False(report.TakeFound());
    }

    [Fact]
    public void AReportOfALayerThatHasMovedIsHeard()
    {
        using var path = DevicePath.TakeOnCpu();
        using var report = new FiniteReport();
        report.Note(tensor(false));
        report.Flag(device("meta"));
        Assert.True(report.TakeFound());
    }

    [Fact]
    public void AReportThatBeganInInferenceModeIsWrittenOutsideOfIt()
    {
        using var path = DevicePath.TakeOnCpu();
        using var layer = NormPolicy.Kalman(microbatch: 2).Create(4);
        var x = randn(4, 4, 3, 3);
        using (inference_mode())
            layer.call(x);
        layer.call(x);
        layer.call(x);
    }

    /// <summary>The flag of a layer that is gone is used again, and outlives the scope of the one that takes it.</summary>
    [Fact]
    public void AFlagThatIsUsedAgainOutlivesTheScopeThatTookIt()
    {
        Tensor flag;
        using (NewDisposeScope())
        {
            HostFlags.Return(ones([], ScalarType.Bool, CPU).DetachFromDisposeScope(), CPU);
            flag = HostFlags.Take();
        }

        Assert.False(flag.IsInvalid);
        Assert.False(flag.item<bool>());
        HostFlags.Return(flag, CPU);
    }

    /// <summary>A pass that the device has refused is none: the next one's prior is the first.</summary>
    [Fact]
    public void TheHostDoesNotCountWhatADeviceRefuses()
    {
        using var path = DevicePath.TakeOnCpu();
        using var layer = NormPolicy.LayerKalman().Create(4, dtype: float64);
        var x = Random(4, 4, 3, 3);
        var prior = ChannelState.Gaussian(full(4, 5, float64), full(4, 9, float64), [3, 3]);
        layer.call(x * double.NaN, prior);
        Assert.Throws<NotFiniteNumberException>(() => layer.call(x, prior));
        layer.call(x, prior);
        Assert.Equal(1, layer.get_buffer("priors_tracked")!.item<long>());
        Assert.Equal(5, layer.get_buffer("prior_mean")![0].item<double>(), 1e-9);
    }

    [Fact]
    public void BatchStatisticsBeyondSixteenBitsStayFinite()
    {
        manual_seed(1);
        using var path = DevicePath.TakeOnCpu();
        foreach (var (scale, shift) in new[] { (400, 0), (190, 30_000) })
        {
            using var layer = (RunningNormLayer)NormPolicy.Batch().Create(4, dtype: float16);
            var x = (randn(8, 4, 5, 5) * scale + shift).to(float16);
            for (var pass = 0; pass < 30; pass++)
                layer.call(x);
            Assert.Equal(30, layer.num_batches_tracked.item<long>());
            Assert.True(layer.running_var.isfinite().all().item<bool>());
        }
    }

    /// <summary>In 16 bits it would be 1.</summary>
    [Fact]
    public void AGainNearOneIsNotRounded()
    {
        using var path = DevicePath.TakeOnCpu();
        var means = new List<float>();
        foreach (var gain in new[] { 0.999, 1.0 })
        {
            using var layer = (RunningNormLayer)NormPolicy.Kalman(gain).Create(4, dtype: bfloat16);
            manual_seed(1);
            var prior = ChannelState.Gaussian(full(4, 300.0), ones(4), [3, 3]);
            var (_, _, posterior) = layer.call(randn(4, 4, 3, 3).bfloat16(), prior);
            means.Add(posterior!.ToMoments().Mean.mean().item<float>());
        }

        Assert.InRange(means[0] - means[1], 0.2, 0.4);
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
