using System;
using System.Linq;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Vision.Tests;

public sealed class MultiScaleRoiAlignTests : ReferenceTest
{
    [Theory]
    [MemberData(nameof(Reference.Names), "pooling", "pyramid", MemberType = typeof(Reference))]
    public void Regions_of_a_pyramid_are_torchvisions(string name)
    {
        var reference = Reference.Load("pooling", name);
        var pool = new MultiScaleRoiAlign(
            new(reference.Integer("height"), reference.Integer("width")), reference.Integer("ratio"), reference.Number("canonical"));
        var sizes = reference.Lists("sizes").Select(size => new ImageSize((int)size[0], (int)size[1])).ToArray();
        var levels = reference.Tensors("levels").Select(level => level.requires_grad_()).ToArray();
        var output = pool.Apply(levels, reference.Tensors("boxes"), sizes);
        Same(reference.Tensor("output"), output, name);
        output.sum().backward();
        Assert.All(levels, level => Assert.True(level.grad!.abs().sum().item<float>() > 0));
    }

    [Fact]
    public void Levels_are_torchvisions()
    {
        var reference = Reference.Load("pooling", "levels");
        var mapper = new LevelMapper(reference.Integer("first"), reference.Integer("last"));
        Equal(reference.Tensor("levels"), mapper.Map([reference.Tensor("boxes")]), "levels");
    }

    [Fact]
    public void Without_regions_the_result_is_empty()
    {
        Tensor[] levels = [rand(1, 2, 16, 16), rand(1, 2, 8, 8)];
        Assert.Equal([0, 2, 7, 7], new MultiScaleRoiAlign(new(7, 7)).Apply(levels, [zeros(0, 4)], [new(64, 64)]).shape);
    }

    [Fact]
    public void Levels_in_another_order_or_with_one_missing_are_refused()
    {
        Refused(
            "features[1] has the shape [1, 2, 16, 16], but levels go from the finest to the coarsest, and features[0] has 8 rows.", 8, 16);
        // The first and the last are in order, and regions would be pooled from others.
        Refused(
            "features[2] has the shape [1, 2, 8, 8], but levels go from the finest to the coarsest, and features[1] has 4 rows.",
            16, 4, 8, 2);
        Refused("The strides of the levels are 4, 16, but each is twice that of the level before.", 16, 4);

        static void Refused(string message, params long[] rows) => Assert.StartsWith(
            message,
            Assert.Throws<ArgumentException>(() => new MultiScaleRoiAlign(new(7, 7)).Apply(
                [.. rows.Select(side => rand(1, 2, side, side))], [zeros(1, 4)], [new(64, 64)])).Message,
            StringComparison.Ordinal);
    }

    /// <summary>Strides are powers of two, which of levels of few pixels are found twice.</summary>
    [Fact]
    public void Two_levels_may_have_one_stride()
    {
        Tensor[] levels = [rand(1, 2, 9, 9), rand(1, 2, 5, 5), rand(1, 2, 3, 3), rand(1, 2, 2, 2)];
        var box = tensor(new float[,] { { 0, 0, 9, 9 } });
        Assert.Equal([1, 2, 7, 7], new MultiScaleRoiAlign(new(7, 7)).Apply(levels, [box], [new(33, 33)]).shape);
    }

    [Fact]
    public void Wrong_arguments_are_refused()
    {
        var pool = new MultiScaleRoiAlign(new(7, 7));
        Tensor[] levels = [rand(1, 2, 16, 16)];
        Assert.Throws<ArgumentException>(() => pool.Apply([], [zeros(0, 4)], [new(64, 64)]));
        Assert.Throws<ArgumentException>(() => pool.Apply(levels, [], []));
        Assert.Throws<ArgumentException>(() => pool.Apply(levels, [zeros(0, 4)], [new(64, 64), new(64, 64)]));
        Assert.Throws<ArgumentException>(() => pool.Apply(levels, [zeros(0, 5)], [new(64, 64)]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new LevelMapper(5, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => new LevelMapper(2, 5, canonicalScale: 0));
    }
}
