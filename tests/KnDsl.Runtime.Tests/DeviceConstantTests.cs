using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Runtime.Tests;

/// <summary>Numbers that the code knows go to a device once.</summary>
public sealed class DeviceConstantTests : TorchTest
{
    [Fact]
    public void The_same_numbers_are_one_tensor()
    {
        Tensor first;
        using (NewDisposeScope())
            first = DeviceConstants.Of([1.5, 2, 3, 4], CPU);
        Assert.Same(first, DeviceConstants.Of([1.5, 2, 3, 4], CPU));
        Assert.Equal([1.5, 2, 3, 4], first.data<double>().ToArray());
        Assert.NotSame(first, DeviceConstants.Of([1.5, 2, 3, 5], CPU));
        Assert.Equal([2, 2], DeviceConstants.Send(new[,] { { 1.5, 2 }, { 3, 4 } }, CPU).shape);
        Assert.Equal([1, 4], DeviceConstants.Send(new[,] { { 0.5, 1, 2, 3 } }, CPU).shape);
    }

    /// <summary>Inference mode's tensors cannot be kept for a gradient.</summary>
    [Fact]
    public void Numbers_that_were_first_asked_for_in_inference_mode_have_a_place_in_a_graph()
    {
        Tensor numbers;
        using (inference_mode())
            numbers = DeviceConstants.Of([7.25, 8], CPU);
        var x = ones(2, float64).requires_grad_();
        (x * numbers).sum().backward();
        Assert.Equal([7.25, 8], x.grad!.data<double>().ToArray());
    }

    /// <summary>What is known of one convolution is not taken for that of another.</summary>
    [Fact]
    public void Convolutions_that_differ_in_one_number_have_taps_of_their_own()
    {
        using var one = nn.Conv2d(4, 4, 3, padding: 1);
        using var strided = nn.Conv2d(4, 4, 3, padding: 1, stride: 2);
        using var dilated = nn.Conv2d(4, 4, 3, padding: 2, dilation: 2);
        using var wide = nn.Conv2d(4, 4, 3, padding: 2);
        using var transposed = nn.ConvTranspose2d(4, 4, 3, padding: 1);
        using var longer = nn.ConvTranspose2d(4, 4, 3, padding: 1, stride: 2, output_padding: 1);
        var known = SeenTaps.Find([8, 8], one)!;
        Assert.Same(known, SeenTaps.Find([8, 8], one));
        Assert.NotSame(known, SeenTaps.Find([8, 9], one));
        foreach (var other in new TorchSharp.Modules.Convolution[] { strided, dilated, wide, transposed, longer })
        {
            var taps = SeenTaps.Find([8, 8], other)!;
            Assert.NotSame(known, taps);
            Assert.Equal(9, taps.Shares.Length);
        }
    }
}
