using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Runtime.Tests;

/// <summary>
/// Convolutions are right on the processor at hand, whatever it tells of its caches: against the same in 64 bits, which
/// oneDNN has no part in.
/// </summary>
public sealed class NativeConvolutionTests : TorchTest
{
    [Theory]
    [InlineData(1, 8, 28)]
    [InlineData(8, 8, 28)]
    [InlineData(12, 20, 14)]
    [InlineData(24, 40, 7)]
    public void ChannelsThatFillNoBlock(long inputs, long outputs, long size)
    {
        Assert.True(NativeConvolutions.Check());
        set_num_threads(2);
        var x = randn(16, inputs, size, size).requires_grad_();
        var weight = randn(outputs, inputs, 3, 3).requires_grad_();
        var y = nn.functional.conv2d(x, weight, padding: [1, 1]);
        var gy = randn_like(y);
        y.backward([gy]);

        var (xExact, weightExact) = (x.detach().@double().requires_grad_(), weight.detach().@double().requires_grad_());
        var yExact = nn.functional.conv2d(xExact, weightExact, padding: [1, 1]);
        yExact.backward([gy.@double()]);

        Close(yExact, y, 1e-5, "output");
        Close(xExact.grad!, x.grad!, 1e-5, "gradient of the input");
        Close(weightExact.grad!, weight.grad!, 1e-5, "gradient of the weight");
    }
}
