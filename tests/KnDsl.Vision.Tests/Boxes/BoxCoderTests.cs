using System;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Vision.Tests;

public sealed class BoxCoderTests : ReferenceTest
{
    [Theory]
    [MemberData(nameof(Reference.Names), "boxes", "code", MemberType = typeof(Reference))]
    public void Codes_are_torchvisions(string name)
    {
        var reference = Reference.Load("boxes", name);
        var weights = reference.Numbers("weights");
        var coder = new BoxCoder(weights[0], weights[1], weights[2], weights[3]);
        var proposals = reference.Tensor("proposals");
        Same(reference.Tensor("encoded"), coder.Encode(reference.Tensor("objects"), proposals), "encoded");
        Same(reference.Tensor("decoded"), coder.Decode(reference.Tensor("codes"), proposals), "decoded");
    }

    [Fact]
    public void Decoding_undoes_encoding()
    {
        var reference = Reference.Load("boxes", "code 10");
        var (objects, proposals) = (reference.Tensor("objects"), reference.Tensor("proposals"));
        var coder = new BoxCoder(10, 10, 5, 5);
        Same(objects, coder.Decode(coder.Encode(objects, proposals), proposals), "there and back");
    }

    [Fact]
    public void Gradients_flow_through_both()
    {
        var proposals = tensor(new double[] { 0, 1, 10, 12, 5, 5, 9, 30 }, [2, 4]);
        var boxes = tensor(new double[] { 1, 1, 8, 14, 2, 7, 9, 20 }, [2, 4]).requires_grad_();
        var coder = new BoxCoder(10, 10, 5, 5);
        GradientsEqualDifferences(() => coder.Encode(boxes, proposals).square().sum(), 1e-6, boxes);
        var codes = (Random(2, 8) * 0.3).detach().requires_grad_();
        GradientsEqualDifferences(() => coder.Decode(codes, proposals).square().sum(), 1e-6, codes);
    }

    [Fact]
    public void Wrong_arguments_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new BoxCoder(width: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new BoxCoder(sizeLimit: double.NaN));
        Assert.Throws<ArgumentException>(() => new BoxCoder().Encode(zeros(2, 4), zeros(3, 4)));
        Assert.Throws<ArgumentException>(() => new BoxCoder().Decode(zeros(2, 6), zeros(2, 4)));
    }
}
