using System;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Vision.Tests;

/// <summary>
/// What waits for no device reads no value. Tensors of the meta device have none: a read of one, or a result whose size depends on one,
/// is an error there. Not every operation is known there: KnDsl.Architecture.Tests looks at the text of the rest.
/// </summary>
public sealed class NoWaitTests : TorchTest
{
    private static readonly Device Meta = device("meta");

    private readonly Tensor anchors = zeros([6, 4], device: Meta);

    [Fact]
    public void Reading_a_value_there_is_an_error()
    {
        Assert.ThrowsAny<Exception>(() => anchors.sum().item<float>());
        Assert.ThrowsAny<Exception>(() => Boxes.RemoveSmall(anchors, 1).shape);
    }

    [Fact]
    public void Matching_and_sampling_wait_for_nothing()
    {
        var matches = new Matcher(0.7, 0.3, allowLowQualityMatches: true).Match(Boxes.IoU(anchors[..2], anchors));
        Assert.Equal([6], matches.shape);
        Assert.Equal([6], new BalancedSampler(4, 0.5).Sample(matches).Negatives.shape);
    }

    [Fact]
    public void The_losses_of_heads_wait_for_nothing() => Assert.Empty(FasterRcnnLoss.Compute(
        Input(5, 3), Input(5, 12), zeros([5], ScalarType.Int64, Meta), zeros([5, 4], device: Meta)).Sum.shape);

    [Fact]
    public void Boxes_and_their_coding_wait_for_nothing()
    {
        Assert.Equal([6, 6], Boxes.GeneralizedIoU(anchors, Boxes.Clip(anchors, new(8, 8))).shape);
        Assert.Equal([6, 4], new BoxCoder().Decode(new BoxCoder().Encode(anchors, anchors), anchors).shape);
        Assert.Equal([24, 4], new AnchorGenerator([[8, 16]], [[1]]).Generate(new(20, 30), [zeros([1, 1, 3, 4], device: Meta)])[0].shape);
        Assert.Equal([6], new LevelMapper(2, 5).Map([anchors]).shape);
    }

    private static Tensor Input(params long[] shape) => zeros(shape, device: Meta).requires_grad_();
}
