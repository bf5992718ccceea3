using System;
using System.Linq;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Vision.Tests;

public sealed class AnchorGeneratorTests : ReferenceTest
{
    [Theory]
    [MemberData(nameof(Reference.Names), "boxes", "anchors", MemberType = typeof(Reference))]
    public void Anchors_are_torchvisions(string name)
    {
        var reference = Reference.Load("boxes", name);
        var generator = new AnchorGenerator(Rows(reference.Lists("sizes")), Rows(reference.Lists("ratios")));
        Equal(reference.Tensor("anchors"), Generate(generator, reference), name);
    }

    [Fact]
    public void RetinaNets_anchors_are_torchvisions()
    {
        var reference = Reference.Load("boxes", "anchors of RetinaNet");
        Equal(reference.Tensor("anchors"), Generate(AnchorGenerator.RetinaNet, reference), "anchors");
        Assert.Equal([9, 9, 9, 9, 9], AnchorGenerator.RetinaNet.AnchorsPerPlace);
        Assert.Equal([3, 3, 3, 3, 3], AnchorGenerator.FasterRcnn.AnchorsPerPlace);
    }

    [Fact]
    public void An_offset_moves_anchors_by_a_share_of_the_stride()
    {
        Tensor[] maps = [zeros(1, 1, 2, 3)];
        var corner = new AnchorGenerator([[8]], [[1]]).Generate(new(20, 60), maps)[0];
        var middle = new AnchorGenerator([[8]], [[1]], offset: 0.5).Generate(new(20, 60), maps)[0];
        Equal(corner + tensor(new float[] { 10, 5, 10, 5 }), middle, "moved by half of 20 and of 10");
        Equal(tensor(new float[] { 6, 1, 14, 9 }), middle[0], "the first");
    }

    [Fact]
    public void Wrong_arguments_are_refused()
    {
        Assert.Throws<ArgumentException>(() => new AnchorGenerator([], []));
        Assert.Throws<ArgumentException>(() => new AnchorGenerator([[8]], [[1], [1]]));
        Assert.Throws<ArgumentException>(() => new AnchorGenerator([[8]], [[]]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new AnchorGenerator([[8]], [[0]]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new AnchorGenerator([[-8]], [[1]]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new AnchorGenerator([[8]], [[1]], offset: 2));
        var generator = new AnchorGenerator([[8]], [[1]]);
        Assert.Throws<ArgumentException>(() => generator.Generate(new(8, 8), []));
        Assert.Throws<ArgumentException>(() => generator.Generate(new(8, 8), [zeros(1, 1, 9, 2)]));
        Assert.Throws<ArgumentException>(() => generator.Generate(new(8, 8), [zeros(1, 2, 2)]));
    }

    private static Tensor Generate(AnchorGenerator generator, Reference reference) => cat(
        [.. generator.Generate(
            new(reference.Integer("height"), reference.Integer("width")),
            [.. reference.Lists("maps").Select(map => zeros(1, 2, (long)map[0], (long)map[1]))])], 0);
}
