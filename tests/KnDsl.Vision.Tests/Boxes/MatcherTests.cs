using System;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Vision.Tests;

public sealed class MatcherTests : ReferenceTest
{
    [Theory]
    [MemberData(nameof(Reference.Names), "boxes", "match", MemberType = typeof(Reference))]
    public void Matches_are_torchvisions(string name)
    {
        var reference = Reference.Load("boxes", name);
        var matcher = new Matcher(reference.Number("high"), reference.Number("low"), reference.Boolean("allow"));
        Equal(reference.Tensor("matches"), matcher.Match(reference.Tensor("quality")), name);
    }

    [Fact]
    public void Without_objects_all_is_background()
    {
        var matches = new Matcher(0.5, 0.4, allowLowQualityMatches: true).Match(zeros(0, 3));
        Equal(tensor([-1L, -1L, -1L]), matches, "no object");
        Assert.Equal([0], new Matcher(0.5, 0.4).Match(zeros(3, 0)).shape);
    }

    [Fact]
    public void Wrong_arguments_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new Matcher(0.4, 0.5));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Matcher(double.NaN, 0.5));
        Assert.Throws<ArgumentException>(() => new Matcher(0.5, 0.4).Match(zeros(3)));
    }
}
