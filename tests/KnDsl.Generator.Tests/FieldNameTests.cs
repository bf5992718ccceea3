using System.Linq;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Generator.Tests;

/// <summary>Labels that are names of fields of TorchSharp's Module: it would find two fields of one name when it moves.</summary>
public class FieldNameTests
{
    [Fact]
    public void A_label_may_be_the_name_of_a_field_of_every_module()
    {
        var generated = GeneratedCase.Inline("""
            network Net(policy: norm = kalman())
            {
                input x[N, 3, 8, 8]
                norm = policy
                y = x -> first: conv(4, 3) -> name: norm -> handle: conv(2, 3) -> last: conv(2, 1)
                output y[N, 2, 8, 8]
            }
            """);
        Assert.Empty(generated.Diagnostics);
        using var network = generated.CreateNetwork();
        network.to(ScalarType.Float64);
        Assert.Equal(["first", "name", "handle", "last"], network.named_children().Select(child => child.name));
        Assert.All(network.parameters(), parameter => Assert.Equal(ScalarType.Float64, parameter.dtype));
        using var output = GeneratedCase.Run(network, randn(2, 3, 8, 8, dtype: ScalarType.Float64)).Single();
        Assert.Equal([2, 2, 8, 8], output.shape);
    }
}
