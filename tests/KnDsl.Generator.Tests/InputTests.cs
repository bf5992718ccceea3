using System;
using System.Linq;
using System.Text.RegularExpressions;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Generator.Tests;

/// <summary>Networks and blocks refuse inputs that do not have the shapes that they declare, before anything is computed.</summary>
public sealed class InputTests : TorchTest
{
    /// <summary>Declared inputs, the shapes that are given, and what the message says after the code; null where all is right.</summary>
    public static readonly TheoryData<string, string, string?> Cases = new()
    {
        { "image[N, 3, h, w]", "2,3,8,8", null },
        { "image[N, 3, h, w]", "0,3,8,8", null },
        {
            "image[N, 3, h, w]", "3,16,16",
            "'Net' takes [N, 3, h, w] for 'image', found [3, 16, 16]: 3 dimensions where 4 were expected. If it is one sample without "
                + "its batch, unsqueeze(0) adds the batch."
        },
        {
            "image[N, 3, h, w]", "16,16,3",
            "'Net' takes [N, 3, h, w] for 'image', found [16, 16, 3]: 3 dimensions where 4 were expected."
        },
        {
            "image[N, 3, h, w]", "2,3,4,8,8",
            "'Net' takes [N, 3, h, w] for 'image', found [2, 3, 4, 8, 8]: 5 dimensions where 4 were expected."
        },
        { "image[N, 3, h, w]", "", "'Net' takes [N, 3, h, w] for 'image', found []: 0 dimensions where 4 were expected." },
        {
            "image[N, 3, h, w]", "2,4,8,8",
            "'Net' takes [N, 3, h, w] for 'image', found [2, 4, 8, 8]: dimension 1 is 4 where 3 was expected."
        },
        {
            "image[N, 3, h, w]", "2,8,6,3",
            "'Net' takes [N, 3, h, w] for 'image', found [2, 8, 6, 3]: dimension 1 is 8 where 3 was expected. If its channels come last, "
                + "permute(0, 3, 1, 2) puts them second."
        },
        {
            "signal[N, 3, t]", "2,8,3",
            "'Net' takes [N, 3, t] for 'signal', found [2, 8, 3]: dimension 1 is 8 where 3 was expected. If its channels come last, "
                + "permute(0, 2, 1) puts them second."
        },
        {
            "image[N, 3, h, w]", "2,3,0,8",
            "'Net' takes [N, 3, h, w] for 'image', found [2, 3, 0, 8]: dimension 2 is 0 where at least 1 was expected."
        },
        { "image[N, 3, 32*h, 32*w]", "1,3,64,32", null },
        {
            "image[N, 3, 32*h, 32*w]", "1,3,64,50",
            "'Net' takes [N, 3, 32*h, 32*w] for 'image', found [1, 3, 64, 50]: dimension 3 is 50 where a multiple of 32 was expected."
        },
        {
            "image[N, 3, 32*h, 32*w]", "1,3,0,32",
            "'Net' takes [N, 3, 32*h, 32*w] for 'image', found [1, 3, 0, 32]: dimension 2 is 0 where at least 32 was expected."
        },
        { "image[N, 3, 2*h + 1, 2*w - 1]", "1,3,9,1", null },
        {
            "image[N, 3, 2*h + 1, 2*w - 1]", "1,3,1,7",
            "'Net' takes [N, 3, 2*h + 1, 2*w - 1] for 'image', found [1, 3, 1, 7]: dimension 2 is 1 where at least 3 was expected."
        },
        {
            "image[N, 3, 2*h + 1, 2*w - 1]", "1,3,7,8",
            "'Net' takes [N, 3, 2*h + 1, 2*w - 1] for 'image', found [1, 3, 7, 8]: dimension 3 is 8 where a multiple of 2 less 1 was "
                + "expected."
        },
        { "image[N, 3, h, h]", "1,3,8,8", null },
        { "image[N, 3, h, h]", "1,3,8,9", "'Net' takes [N, 3, h, h] for 'image', found [1, 3, 8, 9]: dimension 3 is 9 where h is 8." },
        {
            "image[N, 3, h, 2*h - 1]", "1,3,8,16",
            "'Net' takes [N, 3, h, 2*h - 1] for 'image', found [1, 3, 8, 16]: dimension 3 is 16 where 2*h - 1 is 15."
        },
        { "image[N, k, k*h, w]", "1,5,10,3", null },
        {
            "image[N, k, k*h, w]", "1,3,10,3",
            "'Net' takes [N, k, k*h, w] for 'image', found [1, 3, 10, 3]: dimension 1 is 3 where 5 was expected."
        },
        {
            "image[N, k, k*h, w]", "1,5,12,3",
            "'Net' takes [N, k, k*h, w] for 'image', found [1, 5, 12, 3]: dimension 2 is 12 where a multiple of 5 was expected."
        },
        { "image[N, 2*k + list[1], w]", "1,17,3", null },
        {
            "image[N, 2*k + list[1], w]", "1,18,3",
            "'Net' takes [N, 2*k + list[1], w] for 'image', found [1, 18, 3]: dimension 1 is 18 where 17 was expected."
        },
        { "a[N, c, h, w], b[N, c, h, w]", "2,4,8,8;2,4,8,8", null },
        {
            "a[N, c, h, w], b[N, c, h, w]", "2,4,8,8;1,4,8,8",
            "'Net' takes [N, c, h, w] for 'b', found [1, 4, 8, 8]: dimension 0 is 1 where N is 2."
        },
        {
            "a[N, c, h, w], b[N, c, h, w]", "2,4,8,8;2,5,8,8",
            "'Net' takes [N, c, h, w] for 'b', found [2, 5, 8, 8]: dimension 1 is 5 where c is 4."
        },
        {
            "a[N, c, h, w], b[N, c, h, w]", "2,4,8,8;2,4,8",
            "'Net' takes [N, c, h, w] for 'b', found [2, 4, 8]: 3 dimensions where 4 were expected. If it is one sample without its batch, "
                + "unsqueeze(0) adds the batch."
        },
        { "a[N, c, 4*h], b[M, h]", "2,4,8;3,2", null },
        {
            // The second input tells h as it is; the first, which comes before, is a multiple of it.
            "a[N, c, 4*h], b[M, h]", "2,4,8;3,3",
            "'Net' takes [N, c, 4*h] for 'a', found [2, 4, 8]: dimension 2 is 8 where 4*h is 12."
        },
        { "a[N, h], b[N, w], c[N, h + w]", "1,2;1,3;1,5", null },
        {
            "a[N, h], b[N, w], c[N, h + w]", "1,2;1,3;1,6",
            "'Net' takes [N, h + w] for 'c', found [1, 6]: dimension 1 is 6 where h + w is 5."
        },
        {
            "image[N,\n   3,   h,\n   w]", "3,4,4",
            "'Net' takes [N, 3, h, w] for 'image', found [3, 4, 4]: 3 dimensions where 4 were expected. If it is one sample without its "
                + "batch, unsqueeze(0) adds the batch."
        },
    };

    private static Tensor Zeros(string shape) => zeros([.. shape.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(long.Parse)]);

    [Theory]
    [MemberData(nameof(Cases))]
    public void ANetworkTakesTheInputsThatItDeclares(string inputs, string shapes, string? message)
    {
        // The text of each input, of which one may have a list's index in it.
        var declared = Regex.Matches(inputs, @"(?<name>\w+)(?<sizes>\[.*?\])($|, (?=\w+\[N))", RegexOptions.Singleline);
        var body = string.Concat(declared.Select(input => $"  y_{input.Groups["name"]} = {input.Groups["name"]} * (k + list[1])\n"))
            + string.Concat(declared.Select(input => $"  output y_{input.Groups["name"]}{input.Groups["sizes"]}\n"));
        var @case = GeneratedCase.Inline($"network Net(k: int = 5, list: int[] = [6, 7])\n{{\n  input {inputs}\n{body}}}\n");
        Assert.DoesNotContain(@case.Diagnostics, diagnostic => diagnostic.Severity == Microsoft.CodeAnalysis.DiagnosticSeverity.Error);
        using var network = @case.Create("Net", ("k", 5), ("list", new[] { 6, 7 }));
        var given = shapes.Split(';').Select(Zeros).ToArray();
        var exception = Record.Exception(() => GeneratedCase.Run(network, given));
        if (message is null)
        {
            Assert.Null(exception);
            return;
        }
        Assert.IsType<ArgumentException>(exception);
        Assert.Equal("KN0216: " + message, exception.Message);
        Assert.Contains($"Inline/net.knnet:line 3{Environment.NewLine}", exception.StackTrace + Environment.NewLine);
    }

    private const string OfFloats = "floating point numbers for 'x', found ";

    [Theory]
    [InlineData("x -> conv(4, 3)", "4, 4, 4", ScalarType.Float32, null)]
    [InlineData("x -> conv(4, 3)", "4, 4, 4", ScalarType.Byte,
        OfFloats + "uint8: x.to(float32) converts them, and x.to(float32) / 255 maps bytes to 0 to 1.")]
    [InlineData("x -> conv(4, 3)", "4, 4, 4", ScalarType.Int64, OfFloats + "int64: x.to(float32) converts them.")]
    [InlineData("x -> conv(4, 3)", "4, 4, 4", ScalarType.Bool, OfFloats + "bool: x.to(float32) converts them.")]
    [InlineData("x -> conv(4, 3)", "4, 4, 4", ScalarType.ComplexFloat32, OfFloats + "complex64: x.to(float32) converts them.")]
    [InlineData("x -> permute(0, 1, 3, 2) -> relu -> conv(4, 3)", "4, 4, 4", ScalarType.Int64,
        OfFloats + "int64: x.to(float32) converts them.")]
    [InlineData("x / 255 -> conv(4, 3)", "4, 4, 4", ScalarType.Byte, null)]
    [InlineData("x -> Inner", "4, 4, 4", ScalarType.Int32, OfFloats + "int32: x.to(float32) converts them.")]
    [InlineData("x -> avgpool(global) -> flatten", "2", ScalarType.Int64, OfFloats + "int64: x.to(float32) converts them.")]
    [InlineData("x -> norm(batch())", "2, 4, 4", ScalarType.Int64, OfFloats + "int64: x.to(float32) converts them.")]
    [InlineData("x -> norm(none())", "2, 4, 4", ScalarType.Int64, null)]
    [InlineData("x -> relu", "2, 4, 4", ScalarType.Int64, null)]
    [InlineData("x -> embedding(10, 4)", "2, 4, 4, 4", ScalarType.Int64, null)]
    [InlineData("x -> flatten -> embedding(10, 4)", "32, 4", ScalarType.Int32, null)]
    [InlineData("x -> flatten -> embedding(10, 4)", "32, 4", ScalarType.Float32,
        "indices, int64 or int32, for 'x', found float32: x.to(int64) converts them.")]
    [InlineData("x -> [ conv(2, 3) if wide ]", "2, 4, 4", ScalarType.Int64, null)]
    [InlineData("Both(x, wide)", "4, 4, 4", ScalarType.Int64, OfFloats + "int64: x.to(float32) converts them.")]
    public void ANetworkTakesTheNumbersThatItComputesWith(string value, string sizes, ScalarType type, string? message)
    {
        var @case = GeneratedCase.Inline($$"""
            network Net(wide: bool = true)
            {
                input x[N, 2, 4, 4]
                y = {{value}}
                output y[N, {{sizes}}]
            }

            block Inner(x)
            {
                return x -> conv(4, 3) -> relu
            }

            block Both(x, wide: bool)
            {
                if wide { y = x -> conv(4, 3) } else { y = x -> Inner }
                return y
            }

            """);
        using var network = @case.Create("Net", ("wide", value.Contains("Both", StringComparison.Ordinal)));
        var exception = Record.Exception(() => GeneratedCase.Run(network, ones([2, 2, 4, 4], type)));
        if (message is null)
        {
            Assert.Null(exception);
            return;
        }
        Assert.IsType<ArgumentException>(exception);
        Assert.Equal("KN0216: 'Net' takes " + message, exception.Message);
    }

    private const string Blocks = """
        network Net()
        {
            input image[N, 3, h, w]
            norm = kalman()
            x = image -> first: conv(16, 3) -> Plain(4) -> Plain(6)
            y = Paired(x, x) -> Normalized -> Planes
            output y[N, 6, h, w]
        }

        block Plain(x, channels: int)
        {
            return x -> conv: conv(channels, 3) -> relu
        }

        block Paired(x[N, C, h, w],
            y[N, C, h, w])
        {
            return x + y -> relu
        }

        block Normalized(x)
        {
            return x -> bn: norm -> relu
        }

        block Planes(x[N, 6, h, w])
        {
            return x -> relu
        }

        """;

    [Theory]
    [InlineData("Plain", "2,16,8,8", null)]
    [InlineData("Plain", "2,15,8,8",
        "'Plain' takes [N, x.channels, x.height, x.width] for 'x', found [2, 15, 8, 8]: dimension 1 is 15 where 16 was expected.")]
    [InlineData("Plain", "16,8,8",
        "'Plain' takes [N, x.channels, x.height, x.width] for 'x', found [16, 8, 8]: 3 dimensions where 4 were expected. If it is one "
            + "sample without its batch, unsqueeze(0) adds the batch.")]
    [InlineData("Paired", "2,4,8,8;2,4,8,8", null)]
    [InlineData("Paired", "2,4,8,8;2,4,1,8", "'Paired' takes [N, C, h, w] for 'y', found [2, 4, 1, 8]: dimension 2 is 1 where h is 8.")]
    [InlineData("Paired", "2,4,8,8;1,4,8,8", "'Paired' takes [N, C, h, w] for 'y', found [1, 4, 8, 8]: dimension 0 is 1 where N is 2.")]
    [InlineData("Normalized", "2,16,8,8", null)]
    [InlineData("Normalized", "8,16,8",
        "'Normalized' takes [N, x.channels, x.height, x.width] for 'x', found [8, 16, 8]: 3 dimensions where 4 were expected.")]
    [InlineData("Planes", "2,5,8,8", "'Planes' takes [N, 6, h, w] for 'x', found [2, 5, 8, 8]: dimension 1 is 5 where 6 was expected.")]
    public void ABlockTakesTheInputsThatItIsBuiltFor(string block, string shapes, string? message)
    {
        var @case = GeneratedCase.Inline(Blocks);
        Assert.Empty(@case.Diagnostics);
        (string, object?)[] arguments = block switch
        {
            "Plain" => [("xChannels", 16), ("channels", 4)],
            "Normalized" => [("xChannels", 16), ("norm", NormPolicy.Kalman())],
            _ => [],
        };
        using var module = @case.Create(block, arguments);
        Tensor[] given = [.. shapes.Split(';').Select(shape => Zeros(shape).normal_())];
        var exception = Record.Exception(() => GeneratedCase.Run(module, given));
        if (message is null)
        {
            Assert.Null(exception);
            return;
        }
        Assert.IsType<ArgumentException>(exception);
        Assert.Equal("KN0216: " + message, exception.Message);
        var header = 1 + Array.FindIndex(Blocks.Split('\n'), line => line.StartsWith($"block {block}(", StringComparison.Ordinal))
            + (block == "Paired" ? 1 : 0);
        Assert.Contains($"Inline/net.knnet:line {header}{Environment.NewLine}", exception.StackTrace + Environment.NewLine);
    }

    [Fact]
    public void WhereThereIsNoInputItIsNamed()
    {
        using var network = GeneratedCase.Of("TwoInputs").CreateNetwork();
        var exception = Assert.Throws<ArgumentNullException>(() => GeneratedCase.Run(network, randn(2, 1, 8, 8), null!));
        Assert.Equal("right", exception.ParamName);
        Assert.Contains("'TwoInputs' takes [N, 3, 4*h, 4*w] for 'right', found null.", exception.Message);
    }

    /// <summary>A single image used to be taken for a batch of rows: normalized along the wrong axis, without a word.</summary>
    [Fact]
    public void OneSampleWithoutItsBatchIsRefusedUnderEveryPolicy()
    {
        var @case = GeneratedCase.Inline("""
            network Net(policy: norm = kalman())
            {
                input image[N, 3, h, w]
                norm = policy
                y = image -> conv1: conv(16, 3) -> bn1: norm -> relu -> conv2: conv(1, 3) -> bn2: norm
                output y[N, 1, h, w]
            }

            """);
        Assert.Empty(@case.Diagnostics);
        NormPolicy[] policies =
        [
            NormPolicy.Kalman(), NormPolicy.Batch(), NormPolicy.Group(1), NormPolicy.Layer(), NormPolicy.Instance(), NormPolicy.Renorm(),
            NormPolicy.GroupKalman(1), NormPolicy.None(),
        ];
        foreach (var policy in policies)
        {
            using var network = @case.CreateNetwork(policy);
            foreach (var training in new[] { true, false })
            {
                network.train(training);
                var exception = Assert.Throws<ArgumentException>(() => GeneratedCase.Run(network, randn(3, 16, 16)));
                Assert.Contains("unsqueeze(0) adds the batch", exception.Message);
            }
        }
    }

    /// <summary>What arguments and data decide together, the forward pass finds out.</summary>
    [Fact]
    public void AnOutputOfAnotherSizeThanDeclaredIsRefused()
    {
        var generated = GeneratedCase.Inline("""
            network Net(down: bool = true, turns: int = 1)
            {
                input image[N, 3, 4*h, 4*w]
                if down { x = image -> maxpool(2) } else { x = image -> relu }
                for i in 0..turns { x = x -> maxpool(2) }
                output x[N, 3, h, w]
            }
            """);
        Assert.Empty(generated.Diagnostics);
        using var image = rand(1, 3, 16, 16);
        Assert.Equal([1, 3, 4, 4], Run(true, 1).shape);
        Assert.Equal([1, 3, 4, 4], Run(false, 2).shape);
        var error = Assert.Throws<InvalidOperationException>(() => Run(false, 1));
        Assert.Equal("KN0205: 'Net' declares x[N, 3, h, w], found [1, 3, 8, 8]: with these arguments and inputs dimension 2 is 8 "
            + "where h is 4.", error.Message);
        Assert.Throws<InvalidOperationException>(() => Run(true, 2));

        Tensor Run(bool down, int turns)
        {
            using var network = (nn.Module<Tensor, Tensor>)generated.Create("Net", ("down", down), ("turns", turns));
            return network.call(image);
        }
    }
}
