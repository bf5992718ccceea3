using System;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Runtime.Tests;

/// <summary>The checks that generated classes call.</summary>
public sealed class SizesTests : TorchTest
{
    [Fact]
    public void AnInputThatFitsAllocatesNothing()
    {
        var image = zeros(2, 3, 64, 32);
        Check(1000);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Check(1000);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1000);

        void Check(int times)
        {
            for (var i = 0; i < times; i++)
            {
                Sizes.RequireInput(
                    image, "Net", "image", "[N, 3, 32*h, w]", [Sizes.Any, 3, Sizes.MultipleOf(32), Sizes.MultipleOf(5, plus: 2)]);
                Sizes.RequireInputSize(image, 2, 64, "Net", "image", "[N, 3, 32*h, w]", "32*h");
            }
        }
    }

    [Theory]
    [InlineData(8, 4, false)]
    [InlineData(0, 4, false)]
    [InlineData(9, 4, true)]
    [InlineData(8, 0, true)]
    [InlineData(0, 0, true)]
    public void ASizeThatMustBeAMultiple(long size, long of, bool isRefused)
    {
        var error = Record.Exception(() => Sizes.RequireMultiple(size, of, "KN0204", "Message.", "/a/net.knnet", 4));
        Assert.Equal(
            isRefused ? $"net.knnet(4): KN0204: Message. With these arguments {size} is no multiple of {of}." : null, error?.Message);
    }

    [Fact]
    public void AFactorIsAtLeastOne() => Assert.Throws<ArgumentOutOfRangeException>(() => Sizes.MultipleOf(0));
}
