using System.Linq;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Generator.Tests;

/// <summary>A shared module is one, whatever the sizes are that it is not made for.</summary>
public sealed class SharedModuleTests : TorchTest
{
    [Fact]
    public void InputsOfTwoLengths()
    {
        var @case = GeneratedCase.Inline("""
            network Net
            {
                input a[N, 5], b[N, 7]
                module e = embedding(100, 16)
                module t = Encoder
                x = a -> e -> t -> mean(1)
                y = b -> e -> t -> mean(1)
                z = a -> e
                output x[N, 16], y[N, 16], z[N, 5, 16]
            }

            block Encoder(tokens[N, L, C]) { return tokens + (tokens -> layernorm -> attention(2)) -> linear(C) }
            """);
        Assert.Empty(@case.Diagnostics);
        using var network = @case.Create("Net");
        using var scope = NewDisposeScope();
        network.eval();
        var a = randint(0, 100, [3, 5], int64);
        var outputs = GeneratedCase.Run(network, a, cat([a, a.narrow(1, 0, 2)], 1));
        Assert.All(outputs.Take(2), output => Assert.Equal([3, 16], output.shape));
        Assert.True(outputs[2].select(1, 0).allclose(network.get_parameter("e.weight")!.index_select(0, a.select(1, 0))));
        Assert.Single(network.state_dict().Keys, key => key.EndsWith("in_proj_weight", System.StringComparison.Ordinal));
    }
}
