using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Reflection;
using KnDsl.Language.Operations;
using Xunit;

namespace KnDsl.Generator.Tests;

/// <summary>The table of layers counts the parameters that a class has.</summary>
public sealed class ParameterCountTests : TorchTest
{
    [Fact]
    public void EveryPolicyIsAmongThem()
    {
        var counted = GetType().GetMethod(nameof(OfNormsOfEveryPolicyAreThoseOfTheClass))!.GetCustomAttributesData()
            .Where(data => data.AttributeType == typeof(InlineDataAttribute))
            .Select(data => (IEnumerable<CustomAttributeTypedArgument>)data.ConstructorArguments[0].Value!)
            .Select(arguments => ((string)arguments.First().Value!).Split('(')[0]);
        Assert.Equal(NormPolicies.All.Select(policy => policy.Name).Order(), counted.Distinct().Order());
    }

    [Theory]
    [InlineData("kalman()")]
    [InlineData("kalman(gain: learned)")]
    [InlineData("kalman(gain: learned(channel))")]
    [InlineData("kalman(gain: adaptive, transition: learned)")]
    [InlineData("kalman(gain: adaptive(channel), transition: learned)")]
    [InlineData("kalman(transition: sampled)")]
    [InlineData("batch()")]
    [InlineData("renorm()")]
    [InlineData("group(2)")]
    [InlineData("groupkalman(2)")]
    [InlineData("instancekalman()")]
    [InlineData("layerkalman()")]
    [InlineData("layer()")]
    [InlineData("instance()")]
    [InlineData("instance(affine: false)")]
    [InlineData("none()")]
    public void OfNormsOfEveryPolicyAreThoseOfTheClass(string policy)
    {
        var @case = GeneratedCase.Inline($$"""
            network Net(policy: norm = {{policy}})
            {
                input x[N, 3, h, w]
                norm = policy
                y = x -> conv(4, 3) -> norm -> relu -> conv(6, 3) -> norm({{policy}}) -> conv(2, 1)
                output y[N, 2, h, w]
            }
            """);
        using var network = @case.Create("Net");
        var layers = (IReadOnlyList<LayerInfo>)@case.Type("Net").GetProperty("Layers")!.GetValue(null)!;
        Assert.Equal(
            network.parameters().Sum(parameter => parameter.numel()),
            layers.Sum(layer => long.Parse(layer.Parameters, CultureInfo.InvariantCulture)));
    }
}
