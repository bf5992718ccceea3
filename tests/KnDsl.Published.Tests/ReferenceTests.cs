using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Published.Tests.Handwritten;
using Xunit;
using Xunit.Sdk;
using static TorchSharp.torch;

namespace KnDsl.Published.Tests;

/// <summary>
/// The figures are consistent, networks written by hand in TorchSharp meet them, and what differs is told apart.
/// </summary>
public sealed class ReferenceTests
{
    public static TheoryData<string> Names() => [.. Reference.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void FiguresAreConsistent(string name)
    {
        var reference = Reference.Load(name);
        var buffers = new[] { "running_mean", "running_var", "num_batches_tracked", "relative_position_index" };
        var parameters = reference.State.Where(e => !buffers.Contains(e.Name[(e.Name.LastIndexOf('.') + 1)..]));

        Assert.Equal(reference.Parameters, parameters.Sum(e => e.Shape.Aggregate(1L, (a, b) => a * b)));
        Assert.NotEmpty(reference.Outputs);
        Assert.All(reference.Outputs, output =>
        {
            var count = output.Shape.Aggregate(1L, (a, b) => a * b);
            Assert.Equal(Math.Min(count, 96), output.Indices.Count);
            Assert.Equal(output.Indices.Count, output.Values.Count);
            Assert.Equal(output.Indices.Distinct().Order(), output.Indices);
            Assert.InRange(output.Indices[^1], 0, count - 1);
            Assert.True(output.Values.Max() - output.Values.Min() > 1e-2 * output.AbsMax, "the values hardly differ");
        });
    }

    [Fact]
    public void MeetsLeNet5()
    {
        using var network = new LeNet5();
        Verify("LeNet5", network);
    }

    [Fact]
    public void MeetsResNet18()
    {
        using var network = new ResNet18();
        Verify("ResNet18", network);
    }

    [Fact]
    public void TellsAnOutputThatIsOff()
    {
        using var network = new LeNet5(rectified: true);
        var message = FailureOf("LeNet5", network);
        Assert.Contains("LeNet5 differs from reference.py LeNet5", message);
        Assert.Contains("output logits differs at 20 of 20 recorded places, most at flat index", message);
        Assert.DoesNotContain("names", message);
    }

    [Fact]
    public void TellsAnErrorOfOnePartInAThousand()
    {
        var reference = Reference.Load("LeNet5");
        using var network = new LeNet5();
        network.eval();
        reference.Fill(network);
        using var input = reference.Input();
        using var output = network.call(input);

        reference.AssertMatches(network, output);
        using var scaled = output * 1.001;
        Assert.Throws<XunitException>(() => reference.AssertMatches(network, scaled));
        using var spoilt = output.clone();
        spoilt[1, 3] = double.NaN;
        var failure = Assert.Throws<XunitException>(() => reference.AssertMatches(network, spoilt));
        Assert.Contains("differs at 1 of 20 recorded places, most at flat index 13: NaN", failure.Message);
    }

    [Fact]
    public void TellsNames()
    {
        using var network = new LeNet5(biased: false);
        var message = FailureOf("LeNet5", network);
        Assert.Contains("missing names (1): fc3.bias [10]", message);
        Assert.Contains("61696 parameters, expected 61706", message);

        using var other = new ResNet18(classes: 10);
        message = FailureOf("LeNet5", other, run: false);
        Assert.Contains("unexpected names (121): bn1.weight [64], bn1.bias [64]", message);
        Assert.Contains("conv1.weight [64, 3, 7, 7] should be [6, 1, 5, 5]", message);
    }

    [Fact]
    public void TellsShapes()
    {
        using var network = new LeNet5(width: 100);
        var message = FailureOf("LeNet5", network);
        Assert.Contains("fc1.weight [100, 400] should be [120, 400]", message);
        Assert.Contains("fc2.weight [84, 100] should be [84, 120]", message);
    }

    [Fact]
    public void TellsTheOrder()
    {
        using var network = new LeNet5(swapped: true);
        var message = FailureOf("LeNet5", network);
        Assert.Contains("order: fc2.weight stands where fc1.weight should, after conv2.bias", message);
        Assert.DoesNotContain("output", message);
    }

    [Fact]
    public void TellsOutputsThatAreMissing()
    {
        var reference = Reference.Load("LeNet5");
        using var network = new LeNet5();
        using var wide = zeros(2, 11);
        var failure = Assert.Throws<XunitException>(() => reference.AssertMatches(network, wide));
        Assert.Contains("output logits has shape [2, 11], expected [2, 10]", failure.Message);
        failure = Assert.Throws<XunitException>(
            () => reference.AssertMatches(network, new Dictionary<string, Tensor> { ["x"] = wide }));
        Assert.Contains("unexpected output x", failure.Message);
        Assert.Contains("output logits is missing", failure.Message);
    }

    [Fact]
    public void TellsCasesThatAreNot()
    {
        var failure = Assert.Throws<ArgumentException>(() => Reference.Load("LeNet6"));
        Assert.Contains("no reference figures for 'LeNet6'; there are AlexNet, ", failure.Message);
    }

    private static void Verify(string name, nn.Module<Tensor, Tensor> network)
    {
        var reference = Reference.Load(name);
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        network.eval();
        reference.Fill(network);
        reference.AssertMatches(network, network.call(reference.Input()));
    }

    private static string FailureOf(string name, nn.Module<Tensor, Tensor> network, bool run = true)
    {
        if (!run)
            return Assert.Throws<XunitException>(() => Reference.Load(name).AssertStateMatches(network)).Message;
        return Assert.Throws<XunitException>(() => Verify(name, network)).Message;
    }
}
