using System.Linq;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Generator.Tests;

/// <summary>
/// Loops inside each other, and sizes that loops and branches set: what is registered, that all of it is applied, and the output.
/// </summary>
public sealed class LoopTests : TorchTest
{
    [Theory]
    [InlineData("for k in 0..2 { for i in 0..k + 1 { x = x -> layer{k + 1}.{i}: conv(4, 3) } }", "layer1.0 layer2.0 layer2.1")]
    [InlineData("for k in 0..2 { for i in 0..2 { x = x -> conv(4, 3) } }", "conv.0.0 conv.0.1 conv.1.0 conv.1.1")]
    [InlineData("for i in 0..2 { for i in 0..2 { x = x -> conv(4, 3) } }", "conv.0.0 conv.0.1 conv.1.0 conv.1.1")]
    [InlineData("for k in 0..2 { for i in 0..2 { x = x -> e.{k}.l{i}: conv(4, 3) }\n x = x -> e.{k}.down: conv(4, 3) }",
        "e.0.l0 e.0.l1 e.0.down e.1.l0 e.1.l1 e.1.down")]
    [InlineData("for k in 0..2 { for i in 0..1 { for j in 0..2 { x = x -> a.{k}.b{i + j}: conv(4, 3) } } }", "a.0.b0 a.0.b1 a.1.b0 a.1.b1")]
    [InlineData("for i in 0..3 { x = x -> l{i}: [ conv(4, 3) * (i + 1), relu ] if i != 1 }", "l0.0 l2.0 l2.1 l2.2")]
    [InlineData("for k in 0..2 { for i in 0..2 { if i == 0 { x = x -> f.{k}.{i}: conv(4, 3) } else { x = x -> f.{k}.{i}: One } } }",
        "f.0.0 f.0.1.conv f.1.0 f.1.1.conv")]
    [InlineData("x = x -> s{turns}: [ One * 2, conv(4, 3) ]", "s2.0.conv s2.1.conv s2.2")]
    [InlineData("x = x -> {turns - 2}: conv(4, 3) -> {turns}.b: conv(4, 3)", "0 2.b")]
    [InlineData("for i in 0..turns { x = x -> s{i}: [ One * 2, conv(4, 3) ] }", "s0.0.conv s0.1.conv s0.2 s1.0.conv s1.1.conv s1.2")]
    [InlineData("for turns in 0..2 { x = x -> c{turns}: conv(4, 3) }", "c0 c1")]
    [InlineData("for h in 0..2 { x = x -> c{h}: conv(4, 3) }", "c0 c1")]
    [InlineData("for stage in 0..2 { x = x -> stage{stage}: conv(4, 3) }", "stage0 stage1")]
    [InlineData("for stage in 0..2 { x = x -> stage{stage}: [ conv(4, 3), relu ] }", "stage0.0 stage1.0")]
    [InlineData("for stage in 0..2 { x = x -> stage{stage}: [ One * (stage + 1) ] }", "stage0.0.conv stage1.0.conv stage1.1.conv")]
    [InlineData("for stage in 0..2 { x = x -> stage.conv{stage}: conv(4, 3) }", "stage.conv0 stage.conv1")]
    [InlineData("for stage in 0..2 { for i in 0..2 { x = x -> stage.{stage}.{i}: One } }",
        "stage.0.0.conv stage.0.1.conv stage.1.0.conv stage.1.1.conv")]
    [InlineData("for d in [4, 6] { x = x -> d{d}: conv(4, 3) }", "d4 d6")]
    [InlineData("for head in 0..2 { x = x -> head: conv(4, 3) if head == 0 }", "head")]
    [InlineData("for head in 0..2 { if head == 0 { x = x -> head: conv(4, 3) -> relu } }", "head")]
    [InlineData("module m = head: One\n x = x -> conv(4, 3)\n for head in 0..2 { x = x -> m }", "head.conv conv")]
    public void ModulesAreRegisteredOnceAndApplied(string body, string modules)
    {
        var @case = GeneratedCase.Inline($$"""
            network Inline(turns: int = 2)
            {
                input  image[N, 3, h, w]
                x = image
                {{body}}
                z = x -> last: conv(turns, 3)
                output z[N, turns, h, w]
            }

            block One(x)
            {
                return x -> conv: conv(4, 3)
            }
            """);
        Assert.Empty(@case.Diagnostics);
        using var network = @case.CreateNetwork();
        Assert.Equal([.. modules.Split(' '), "last"], network.state_dict().Keys.Where(key => key.EndsWith(".weight"))
            .Select(key => key[..^".weight".Length]));
        using var output = GeneratedCase.Run(network, randn(1, 3, 8, 6)).Single();
        Assert.Equal([1, 2, 8, 6], output.shape);
        output.sum().backward();
        Assert.All(network.named_parameters(), entry => Assert.NotNull(entry.parameter.grad));
    }

    /// <summary>The forward pass reads a size that an if or a loop decided.</summary>
    [Theory]
    [InlineData("if deep { s = x -> conv(6, 3) } else { s = x }\n z = s -> slice(1, s.channels)", 5, 2)]
    [InlineData("if deep { k = 6 } else { k = 2 }\n z = x -> pad(channels: k) -> slice(0, k + 1)", 7, 3)]
    [InlineData(
        "if deep { s = x -> conv(6, 3, stride: 2) } else { s = x }\n"
            + " z = s -> reshape(s.channels, s.height * s.width) -> reshape(s.channels, s.height, s.width)", 6, 3)]
    [InlineData("for i in 0..turns { x = concat(x, x) -> slice(1, x.channels * 2) }\n z = x", 9, 9)]
    [InlineData("w = 1\n for i in 0..turns { w = w + 2\n x = x -> pad(channels: w) }\n z = x -> slice(w, w * 2)", 5, 5)]
    [InlineData("z = x -> b: Half(turns) -> slice(1, x.channels)", 2, 2)]
    [InlineData("for i in 0..turns { y = x -> b{i}: Half(6)\n x = y -> slice(1, y.channels) }\n z = x", 5, 5)]
    [InlineData("x = x -> b: Twice(6)\n z = x -> slice(0, x.channels / 2)", 6, 6)]
    [InlineData("for i in 0..turns { y = x -> b{i}: Twice(3 * (i + 1))\n x = y -> slice(1, y.channels) }\n z = x", 11, 11)]
    [InlineData("for i in 0..turns { x = x -> Grow(i) }\n z = x", 4, 4)]
    [InlineData("ws = [turns * 2, turns * 4]\n for i in 0..2 { x = x -> c{i}: conv(ws[i], 3) }\n z = x", 8, 8)]
    [InlineData("ws = [turns, deep_width]\n for w in ws { x = x -> c{w}: conv(w, 3) }\n z = x", 7, 7)]
    [InlineData("z = x -> reshape(-1) -> reshape(9, 4, 4)", 9, 9)]
    [InlineData("flags = [deep, false]\n for i in 0..2 { if flags[i] { x = x -> c{i}: conv(5, 3) } }\n z = x", 5, 3)]
    [InlineData("z = x -> b: Half(6) -> slice(1, x.channels)", 2, 2)]
    [InlineData("z = concat(-x, 1 - x / 2, turns * x + 0.5)", 9, 9)]
    [InlineData(
        "y = x -> max(1, keep: true)\n z = x -> max([2, 3]) -> reshape(3, 1, 1) -> prelu(shared: true)\n"
            + " z = concat(z, y -> avgpool(global))", 4, 4)]
    [InlineData("for w in list[1..3] { x = x -> c{w}: conv(w, 3) }\n z = x", 6, 6)]
    public void SizesThatPathsDecideReachTheForwardPass(string body, int deepChannels, int channels)
    {
        var @case = GeneratedCase.Inline($$"""
            network Inline(deep: bool = true, turns: int = 2, deep_width: int = 7, list: int[] = [4, 5, 6])
            {
                input  image[N, 3, 8, 6]
                x = image
                {{body}}
                y = z -> avgpool(global) -> flatten
                scores = y -> fc: linear(5) -> relu if deep or turns > deep_width + list[0]
                output scores[N, 5]
            }

            block Half(x, n: int)
            {
                if n > 4 {
                    y = x -> conv(n, 3)
                } else {
                    y = x
                }
                return y
            }

            block Twice(x, n: int)
            {
                y = x -> Half(n)
                return concat(y, y)
            }

            block Grow(x, n: int)
            {
                y = x
                for j in 0..n {
                    y = y -> c{j}: conv(y.channels + n, 3)
                }
                return y
            }
            """);
        Assert.Empty(@case.Diagnostics);
        foreach (var (deep, expected) in new[] { (true, deepChannels), (false, channels) })
        {
            using var network = @case.Create("Inline", ("deep", deep));
            using var output = GeneratedCase.Run(network, randn(1, 3, 8, 6)).Single();
            Assert.Equal([5, expected], network.state_dict()["fc.weight"].shape);
            Assert.Equal([1, 5], output.shape);
        }
    }

    /// <summary>What a block is built with may be a size that an if or a loop of another block sets.</summary>
    [Theory]
    [InlineData("x -> Resize(false, 0) -> Tall", 8, 8)]
    [InlineData("x -> Resize(true, 1) -> Tall", 2, 2)]
    [InlineData("x -> Resize(deep, 0) -> Tall", 4, 8)]
    [InlineData("x -> Resize(deep, 0) -> Resize(not deep, 0) -> Resize(deep, 0) -> Tall", 2, 4)]
    [InlineData("x -> Twice(deep) -> Tall", 2, 4)]
    public void SizesOfBlocksReachTheirUsers(string value, int deepHeight, int height)
    {
        var @case = GeneratedCase.Inline($$"""
            network Inline(deep: bool = true)
            {
                input  x[N, 3, 8, 8]
                y = {{value}} -> relu if deep
                output y[N, 5]
            }

            block Resize(x, half: bool, times: int)
            {
                if half { y = x -> maxpool(2) } else { y = x }
                for i in 0..times { y = y -> maxpool(2) }
                return y
            }

            block Twice(x, half: bool)
            {
                return x -> Resize(half, 0) -> Resize(true, 0)
            }

            block Tall(x)
            {
                return x -> tall: conv(x.height, 1) -> flatten -> linear(5)
            }
            """);
        Assert.Empty(@case.Diagnostics);
        foreach (var (deep, expected) in new[] { (true, deepHeight), (false, height) })
        {
            using var network = @case.Create("Inline", ("deep", deep));
            using var output = GeneratedCase.Run(network, randn(2, 3, 8, 8)).Single();
            Assert.Equal(expected, network.state_dict().Single(entry => entry.Key.EndsWith("tall.weight")).Value.shape[0]);
        }
    }

    /// <summary>A size of 1 is repeated where an argument, a turn or a branch makes it 1, as where the file has a 1.</summary>
    [Theory]
    [InlineData("for i in 0..turns { y = y + (x -> conv(4, 3)) }", 0, 1)]
    [InlineData("for i in 0..turns { y = y + (x -> conv(4, 3)) }", 1, 4)]
    [InlineData("for i in 0..turns { y = y + (x -> conv(4, 3)) }", 3, 4)]
    [InlineData("for i in 0..turns { y = (x -> conv(4, 3)) * y }", 2, 4)]
    [InlineData("if turns > 1 { y = y + (x -> conv(4, 3)) }\n y = y * y", 1, 1)]
    [InlineData("if turns > 1 { y = y + (x -> conv(4, 3)) }\n y = y * y", 2, 4)]
    [InlineData("y = x -> conv(turns, 3)\n y = y + (x -> conv(4, 3))", 1, 4)]
    [InlineData("y = Sum(y, x)", 1, 3)]
    [InlineData("y = Sum(x -> conv(turns, 3), x)", 1, 3)]
    public void ASizeOf1IsRepeated(string body, int turns, int channels)
    {
        var @case = GeneratedCase.Inline($$"""
            network Inline(turns: int = 1)
            {
                input  x[N, 3, 8, 6]
                y = x -> mean(1, keep: true)
                {{body}}
                z = y -> last: conv(2, 1)
                output z[N, 2, 8, 6]
            }

            block Sum(a, b)
            {
                return a + b
            }
            """);
        using var network = @case.Create("Inline", ("turns", turns));
        using var output = GeneratedCase.Run(network, randn(2, 3, 8, 6)).Single();
        Assert.Equal(channels, network.state_dict()["last.weight"].shape[1]);
        output.sum().backward();
    }

    /// <summary>A learned tensor that an if or a loop chooses still has no batch, and does not cut the chain.</summary>
    [Theory]
    [InlineData(true, 0)]
    [InlineData(true, 2)]
    [InlineData(false, 2)]
    public void ALearnedTensorStaysOne(bool big, int turns)
    {
        var @case = GeneratedCase.Inline("""
            network Inline(big: bool = true, turns: int = 1)
            {
                input  x[N, 4, 8, 6]
                first = first: learned(4, 1, 1)
                second = second: learned(4, 1, 1)
                if big { gate = first } else { gate = second }
                for i in 0..turns { gate = gate * first }
                y = x -> conv(4, 3) -> norm(kalman())
                z = y * gate -> conv(4, 3) -> norm(kalman())
                output z[N, 4, 8, 6]
            }
            """);
        Assert.Empty(@case.Diagnostics);
        using var network = @case.Create("Inline", ("big", big), ("turns", turns));
        using var output = GeneratedCase.Run(network, randn(2, 4, 8, 6)).Single();
        Assert.Equal([2, 4, 8, 6], output.shape);
        output.sum().backward();
    }

    /// <summary>Sizes may be multiples of parameters, as images of patches are.</summary>
    [Theory]
    [InlineData("patch*h, patch*w", "h", "w", 12, 8, 6)]
    [InlineData("2*patch*h, (patch + 1)*w", "2*h", "w", 16, 10, 8)]
    [InlineData("patch*h + patch, w + patch", "h + 1", "w", 12, 8, 12)]
    public void InputsMayBeMultiplesOfParameters(string sizes, string height, string width, long imageHeight, long imageWidth,
        long positions)
    {
        var @case = GeneratedCase.Inline($$"""
            network Inline(patch: int = 4)
            {
                input  image[N, 3, {{sizes}}]
                tokens = image -> upsample(size: [patch*({{height}}), patch*({{width}})]) -> conv(8, patch, stride: patch, padding: 0)
                tokens = tokens -> reshape(8, ({{height}})*({{width}}))
                y = tokens -> permute(0, 2, 1) -> linear(5)
                output y[N, ({{height}})*({{width}}), 5]
            }
            """);
        Assert.Empty(@case.Diagnostics);
        using var network = @case.Create("Inline", ("patch", 4));
        using var output = GeneratedCase.Run(network, randn(2, 3, imageHeight, imageWidth)).Single();
        Assert.Equal([2, positions, 5], output.shape);
    }

    /// <summary>A reshape in a block is checked where the block is built, whatever the size that only data has.</summary>
    /// <summary>Each has a handle of its own: learned tensors and values that go round, and what an inner loop takes over.</summary>
    [Fact]
    public void VariablesThatExchangeValuesLoseNone()
    {
        var @case = GeneratedCase.Inline("""
            network Net(norm_: int = 4, n: int = 3, m: int = 2)
            {
                input x[N, 4, 5, 5]
                a = la: learned(4, 1, 1)
                b = lb: learned(4, 1, 1)
                c = a
                for i in 0..n {
                    c = a
                    a = b
                }
                y = x * a + c
                first = y
                for norm in 0..n {
                    for j in 0..m {
                        y = y * 2
                    }
                }
                z = y -> relu
                w = y
                for i in 0..n {
                    w = w + y
                    y = z
                }
                v = w -> conv(norm_, 1)
                output first[N, 4, 5, 5], w[N, 4, 5, 5], v[N, norm_, 5, 5]
            }
            """);
        Assert.Empty(@case.Diagnostics);
        using var scope = NewDisposeScope();
        var x = randn(2, 4, 5, 5);
        foreach (var n in new[] { 0, 1, 3 })
        {
            using var network = @case.Create("Net", ("n", n));
            var (la, lb) = (network.get_parameter("la")!, network.get_parameter("lb")!);
            using (no_grad())
            {
                la.uniform_(1, 2);
                lb.uniform_(-2, -1);
            }

            var found = GeneratedCase.Run(network, x);
            var first = x * (n > 0 ? lb : la) + (n > 1 ? lb : la);
            Assert.True(found[0].allclose(first, 1e-5, 1e-6));
            var y = first * System.Math.Pow(4, n);
            var w = n == 0 ? y : y * 2 + y.relu() * (n - 1);
            Assert.True(found[1].allclose(w, 1e-4, 1e-4));
        }
    }

    /// <summary>A sampled transition draws later: what changed in between is as it was at the stage.</summary>
    [Theory]
    [InlineData("for i in 0..fs.count {\n y = y * fs[i]\n}", "y = y * 2.0 * 3.0")]
    [InlineData("for i in 0..fs.count {\n y = y * (i + 2) + i\n}", "y = y * 2 + 0\ny = y * 3 + 1")]
    [InlineData("for i in 0..fs.count {\n y = y -> elu(fs[i]) -> leaky_relu(fs[i])\n}",
        "y = y -> elu(2.0) -> leaky_relu(2.0) -> elu(3.0) -> leaky_relu(3.0)")]
    [InlineData("k = 1\nfor i in 0..fs.count {\n k = k + 1\n y = y * k\n}", "y = y * 2 * 3")]
    public void ANumberOfATurnIsThatOfItsTurn(string loop, string row)
    {
        Tensor[] Statistics(string stages)
        {
            var @case = GeneratedCase.Inline($$"""
                network Net(fs: float[] = [2.0, 3.0])
                {
                    input x[N, 8, h, w]
                    norm = kalman(transition: sampled)
                    y = x -> first: conv(8, 3) -> bn: norm
                    {{stages}}
                    z = y -> last: norm
                    output z[N, 8, h, w]
                }
                """);
            using var network = @case.Create("Net");
            manual_seed(3);
            foreach (var parameter in network.parameters())
            {
                using (no_grad())
                    parameter.uniform_(-1, 1);
            }

            manual_seed(4);
            using var output = GeneratedCase.Run(network, randn(4, 8, 5, 5)).Single();
            return [output.detach().clone(), network.get_buffer("last.running_var")!.clone()];
        }

        var (found, expected) = (Statistics(loop), Statistics(row));
        for (var i = 0; i < found.Length; i++)
            Assert.True(found[i].allclose(expected[i], 1e-5, 1e-6));
    }

    [Fact]
    public void AReshapeIsCheckedInTheConstructorOfABlock()
    {
        var @case = GeneratedCase.Inline("""
            network Inline(heads: int = 4)
            {
                input tokens[N, l, 16]
                y = tokens -> Heads(heads)
                output y[N, l, 16]
            }

            block Heads(x[N, L, C], heads: int)
            {
                return x -> linear(C) -> reshape(L, heads, C / heads) -> permute(0, 2, 1, 3) -> permute(0, 2, 1, 3) -> reshape(L, C)
            }
            """);
        Assert.Empty(@case.Diagnostics);
        using var network = @case.Create("Inline", ("heads", 8));
        Assert.Equal([2, 5, 16], GeneratedCase.Run(network, randn(2, 5, 16)).Single().shape);
        var problem = Assert.ThrowsAny<System.ArgumentException>(() => @case.Create("Inline", ("heads", 5)));
        Assert.Contains("KN0208", problem.Message);
    }

    [Fact]
    public void ALabelMayBeTheNetworksName()
    {
        var @case = GeneratedCase.Inline("""
            network Inline()
            {
                input  image[N, 3, h, w]
                z = image -> Inline: conv(4, 3)
                output z[N, 4, h, w]
            }
            """);
        Assert.Empty(@case.Diagnostics);
        using var network = @case.CreateNetwork();
        Assert.Equal(["Inline.weight", "Inline.bias"], network.state_dict().Keys);
    }
}
