using System;
using System.Linq;
using KnDsl.Vision;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Device.Tests;

/// <summary>The parts of detectors give on a device what they give on a CPU, and losses do not wait for it.</summary>
public sealed class VisionTests : DeviceTest
{
    [Theory]
    [InlineData(0, false)]
    [InlineData(2, true)]
    public void Regions_are_pooled_as_on_a_CPU(int samplingRatio, bool aligned)
    {
        var maps = Random(2, 3, 20, 24);
        Tensor[] boxes = [Boxes(9), Boxes(5)];
        var (output, gradient) = Pool(CPU);
        var (ofDevice, gradientOfDevice) = Pool(Device);
        Close(output, ofDevice, 1e-9, "output");
        Close(gradient, gradientOfDevice, 1e-9, "gradient");

        (Tensor, Tensor) Pool(torch.Device device)
        {
            var x = maps.to(device).detach().clone().requires_grad_();
            var pooled = RoiAlign.Apply(x, [.. boxes.Select(of => of.to(device))], new(7, 7), 0.25, samplingRatio, aligned);
            (pooled * arange(pooled.numel(), float64, device).sin().view(pooled.shape)).sum().backward();
            return (pooled.cpu(), x.grad!.cpu());
        }
    }

    [Fact]
    public void Boxes_are_suppressed_as_on_a_CPU()
    {
        var (boxes, scores) = (Boxes(300), rand(300, float64));
        var classes = randint(5, [300], ScalarType.Int64);
        var (ofBoxes, ofScores, ofClasses) = (boxes.to(Device), scores.to(Device), classes.to(Device));
        Same(NonMaximumSuppression.Keep(boxes, scores, 0.5), NonMaximumSuppression.Keep(ofBoxes, ofScores, 0.5));
        Same(
            NonMaximumSuppression.KeepByClass(boxes, scores, classes, 0.5),
            NonMaximumSuppression.KeepByClass(ofBoxes, ofScores, ofClasses, 0.5));

        static void Same(Tensor expected, Tensor actual) =>
            Assert.Equal(expected.data<long>().ToArray(), actual.cpu().data<long>().ToArray());
    }

    /// <summary>RetinaNet's losses and their gradients; an image without objects is among them.</summary>
    [Fact]
    public void RetinaNets_losses_are_those_of_a_CPU_and_do_not_wait()
    {
        var anchors = Boxes(60);
        var (logits, codes) = (Random(2, 60, 4), Random(2, 60, 4));
        DetectionTarget[] targets = [new(anchors[..7] + 1, arange(7) % 4), new(zeros([0, 4], float64), zeros([0], ScalarType.Int64))];
        var expected = Losses(CPU);
        var actual = Losses(Device);
        foreach (var (of, other) in expected.Zip(actual))
            Close(of, other.cpu(), 1e-9);

        Tensor[] Losses(torch.Device device)
        {
            var (l, c) = (logits.to(device).detach().requires_grad_(), codes.to(device).detach().requires_grad_());
            var (a, objects) = (anchors.to(device), targets.Select(target => target.To(device)).ToArray());
            DetectorLosses losses = default;
            Action compute = () =>
            {
                losses = new RetinaNetLoss().Compute(l, c, a, objects);
                losses.Sum.backward();
            };
            if (device.type == DeviceType.CUDA)
                HostWaits.Forbid(compute);
            else
                compute();
            return [losses.Classification, losses.Boxes, l.grad!, c.grad!];
        }
    }

    /// <summary>Boxes of an image of 96x80, in pixels.</summary>
    private static Tensor Boxes(long count)
    {
        var corner = rand([count, 2], float64) * 60;
        return cat([corner, corner + 2 + rand([count, 2], float64) * 30], 1);
    }
}
