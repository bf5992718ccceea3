using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Checking;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Plan;
using KnDsl.Language.Text;
using KnDsl.Language.Values;
using Xunit;

namespace KnDsl.Language.Tests;

/// <summary>What the language makes of right files: shapes, names, branches, repetitions, the statistic chain.</summary>
public sealed class ElaborationTests
{
    private static CheckedFile Check(string text) => CheckedFile.Check(new SourceText("a.knnet", text));

    private static ModuleModel Network(string text)
    {
        var file = Check(text);
        Assert.Empty(file.Diagnostics.Select(found => $"{found.Place} {found.Code} {found.Text}"));
        return file.Modules.First(module => module.AtDefaults is not null).AtDefaults!;
    }

    /// <summary>The shape of a value that a network makes of an input.</summary>
    private static string ShapeOf(string input, string value)
    {
        var file = Check($"network Net\n{{\n input x[{input}]\n y = {value}\n output y[1, 1]\n}}\n");
        var network = file.Modules.Single(module => module.AtDefaults is not null).AtDefaults!;
        // The declared output is wrong on purpose: the finding must be that and nothing else.
        Assert.Equal("KN0205", Assert.Single(file.Diagnostics, found => found.Severity == Severity.Error).Code);
        return Assert.Single(network.Outputs).Value.Shape.ToString();
    }

    /// <summary>Sizes that a C# module declares are computed from names, arguments and defaults.</summary>
    [Theory]
    [InlineData("[N, C, H, W] -> [N, C, H % 3, 10 - W]", "A", "[N, 4, 2, 2]")]
    [InlineData("[N, C, H, W] -> [N, -C + 5, -(H - 10), W / k]", "A", "[N, 1, 2, 4]")]
    [InlineData("[N, C, H, W] -> [N, C * k, H, W]", "A(3)", "[N, 12, 8, 8]")]
    [InlineData("[N, C, 2*C, H] -> [N, C, H]", "A", "[N, 4, 8]")]
    public void SizesOfModulesInCSharp(string sizes, string stage, string expected)
    {
        var network = Network($$"""
            extern Acme.A(k: int = 2): {{sizes}}
            network Net
            {
                input x[N, 4, 8, 8]
                y = x -> {{stage}}
                output y{{expected}}
            }
            """);
        Assert.Equal(expected, Assert.Single(network.Outputs).Value.Shape.ToString());
    }

    /// <summary>A shared module is made for some sizes of its first input, and the others may differ.</summary>
    [Theory]
    [InlineData("embedding(100, 16)", "10", "20")]
    [InlineData("linear(16)", "10, 64", "20, 64")]
    [InlineData("layernorm", "10, 64", "20, 64")]
    [InlineData("attention(4)", "10, 64", "20, 64")]
    [InlineData("grn(axis: -1)", "10, 64", "20, 64")]
    [InlineData("norm", "10, 64", "10, 32")]
    [InlineData("Encoder", "10, 64", "20, 64")]
    [InlineData("conv(8, 3)", "3, 8, 8", "3, 6, 4")]
    public void ASharedModuleTakesOtherSizes(string module, string first, string second) => Network($$"""
        network Net
        {
            input a[N, {{first}}], b[N, {{second}}]
            module m = {{module}}
            x = a -> m -> flatten -> linear(4)
            y = b -> m -> flatten -> linear(4)
            output x[N, 4], y[N, 4]
        }

        block Encoder(tokens[N, L, C]) { return tokens -> attention(2) -> linear(C) }
        """);

    [Fact]
    public void ASharedModuleTakesAValueOfOneDimension() => Network("""
        network Net
        {
            input a[N, 2]
            module m = embedding(100, 16)
            x = (a -> select(0) -> m) + (a -> select(1) -> m)
            output x[N, 16]
        }
        """);

    /// <summary>No file is known that gets no code and does not say why: the checker's own net is tried by itself.</summary>
    [Fact]
    public void AModuleOfWhichNoCodeIsMadeSaysSo()
    {
        var file = Check("network Net\n{\n input x[N, 3]\n y = x -> relus\n output y[N, 3]\n}\n");
        Assert.Equal("KN0102", Assert.Single(file.Diagnostics).Code);
        var source = file.Syntax.Source;

        var bag = new DiagnosticBag();
        CheckedFile.ReportUnexplained(file.Modules, source, bag);
        var found = Assert.Single(bag.ToList());
        Assert.Equal("KN0901", found.Code);
        Assert.Equal("Net", source.Slice(found.Place.Span));

        bag = new DiagnosticBag();
        bag.AddRange(file.Diagnostics);
        CheckedFile.ReportUnexplained(file.Modules, source, bag);
        Assert.Single(bag.ToList());
    }

    [Theory]
    [InlineData("N, 3, 32*h, 32*w", "x -> conv(64, 7, stride: 2)", "[N, 64, 16*h, 16*w]")]
    [InlineData("N, 3, h, w", "x -> conv(64, 3)", "[N, 64, h, w]")]
    [InlineData("N, 3, 33, 40", "x -> conv(8, 3, padding: 0, dilation: 2)", "[N, 8, 29, 36]")]
    [InlineData("N, 3, 33, 40", "x -> conv(8, [3, 5], stride: [2, 3], padding: [0, 2])", "[N, 8, 16, 14]")]
    [InlineData("N, 3, 33, 40", "x -> conv(8, 4, padding: same)", "[N, 8, 33, 40]")]
    [InlineData("N, 4, 33", "x -> conv1d(8, 3, groups: 4)", "[N, 8, 33]")]
    [InlineData("N, 4, 9, 10, 11", "x -> conv3d(8, 3, stride: 2)", "[N, 8, 5, 5, 6]")]
    [InlineData("N, 3, h, w", "x -> maxpool(3, stride: 2, padding: 1)", "[N, 3, (h + 1)/2, (w + 1)/2]")]
    [InlineData("N, 3, 2*h, 2*w", "x -> avgpool(2)", "[N, 3, h, w]")]
    [InlineData("N, 3, h, w", "x -> avgpool(global)", "[N, 3, 1, 1]")]
    [InlineData("N, 3, 4, 5", "x -> flatten -> linear(7)", "[N, 7]")]
    [InlineData("N, 3, 4, 5", "x -> flatten(2)", "[N, 3, 20]")]
    [InlineData("N, 3, 4, 5", "x -> pad([1, 2, 3, 4], channels: 2)", "[N, 5, 7, 12]")]
    [InlineData("N, 3, 4, 5", "concat(x, x -> conv(8, 3))", "[N, 11, 4, 5]")]
    [InlineData("N, 3, 4, 5", "concat(x, x, axis: -1)", "[N, 3, 4, 10]")]
    [InlineData("N, 3, 4, 5", "x + (x -> avgpool(global))", "[N, 3, 4, 5]")]
    [InlineData("N, 3, 4, 5", "(x -> avgpool(global)) * x", "[N, 3, 4, 5]")]
    [InlineData("N, 3, 4, 5", "x -> [ conv(8, 3), relu, identity ] -> dropout2d(0.1)", "[N, 8, 4, 5]")]
    [InlineData("N, 3, 4, 5", "x * learned(3, 1, 1) + learned(1, 3, 4, 5)", "[N, 3, 4, 5]")]
    [InlineData("N, l, 8", "learned(8) + x", "[N, l, 8]")]
    [InlineData("N, l, 8", "concat(learned(1, 1, 8), x, axis: 1)", "[N, l + 1, 8]")]
    [InlineData("N, l, 8", "concat(x, learned(1, 2, 8), learned(1, 1, 8), axis: -2)", "[N, l + 3, 8]")]
    [InlineData("N, 3, 2*h, w", "x -> layernorm(axis: 1) -> rmsnorm(axis: 1) -> grn(axis: 1) -> local_response_norm(5)", "[N, 3, 2*h, w]")]
    [InlineData("N, l, 8", "x -> layernorm -> attention(2) -> select(-1)", "[N, 8]")]
    [InlineData("N, l, 8", "cross_attention(x -> slice(0, 1), x, heads: 4)", "[N, 1, 8]")]
    [InlineData("N, 2, l, 8", "scaled_dot_product_attention(x -> linear(4), x -> linear(4), x)", "[N, 2, l, 8]")]
    [InlineData("N, 7*h, w, 8", "x -> window_attention(2, window: 7, shift: 3) -> roll([1, -1], axes: [1, 2])", "[N, 7*h, w, 8]")]
    [InlineData("N, 2*h, 5, 8", "x -> slice(1, 2*h, axis: 1, step: 2) -> slice(0, 5, axis: 2, step: 2)", "[N, h, 3, 8]")]
    [InlineData("N, 3, 4, 5", "x -> flatten -> linear(x.shape[3] * x.shape.count)", "[N, 20]")]
    public void Shapes(string input, string value, string shape) => Assert.Equal(shape, ShapeOf(input, value));

    /// <summary>The pool's formula of torch, its ceil mode included: a window may not start in the padding behind the input.</summary>
    private static int TorchPool(int size, int kernel, int stride, int padding, int dilation, bool ceil)
    {
        var free = size + 2 * padding - dilation * (kernel - 1) - 1;
        var output = (ceil ? (free + stride - 1) / stride : free / stride) + 1;
        return ceil && (output - 1) * stride >= size + padding ? output - 1 : output;
    }

    [Fact]
    public void Pools_agree_with_torch_for_every_size()
    {
        var count = 0;
        foreach (var size in Enumerable.Range(5, 9))
        {
            foreach (var kernel in new[] { 1, 2, 3 })
            {
                foreach (var stride in new[] { 1, 2, 3, 4 })
                {
                    foreach (var padding in new[] { 0, 1 }.Where(padding => 2 * padding <= kernel))
                    {
                        foreach (var ceil in new[] { false, true })
                        {
                            var expected = TorchPool(size, kernel, stride, padding, 1, ceil);
                            var options = $"{kernel}, stride: {stride}, padding: {padding}, ceil: {(ceil ? "true" : "false")}";
                            var model = Check(
                                $"network Net\n{{\n input x[N, 1, {size}]\n y = x -> maxpool1d({options})\n"
                                    + $" output y[N, 1, {expected}]\n}}\n");
                            Assert.True(model.Diagnostics.Count == 0,
                                $"maxpool1d({options}) of {size}, expected {expected}: {model.Diagnostics.FirstOrDefault()?.Message}");
                            count++;
                        }
                    }
                }
            }
        }

        Assert.True(count > 200);
    }

    [Fact]
    public void A_symbolic_pool_in_ceil_mode_holds_for_every_size()
    {
        var model = Network("network Net\n{\n input x[N, 1, h]\n y = x -> maxpool1d(3, stride: 2, ceil: true)\n output y[N, 1, h/2]\n}\n");
        var size = model.Outputs[0].Value.Shape[2];
        foreach (var h in Enumerable.Range(3, 40))
        {
            Assert.Equal(TorchPool(h, 3, 2, 0, 1, true),
                size.Substitute(new Dictionary<Symbol, Size> { [new Symbol("h", SymbolKind.Data)] = h }).Value);
        }
    }

    private static string[] Names(ModuleModel model) => [.. LayerTable.Of(model).Select(row => row.Name).Where(name => name.Length > 0)];

    [Fact]
    public void Stages_without_a_label_are_numbered_by_the_text()
    {
        var model = Network("""
            network Net(wide: bool = false)
            {
                input x[N, 3, 8, 8]
                if wide {
                    y = x -> conv(8, 3)
                } else {
                    y = x -> conv(8, 5) -> norm
                }
                z = y -> conv(8, 3) -> conv_2: conv(8, 3) -> Part -> [ conv(8, 1), relu, conv(8, 1) ]
                output z[N, 8, 8, 8]
            }
            block Part(x)
            {
                return x -> conv(8, 3) -> conv(8, 3)
            }
            """);
        // The first 'conv' stands in the branch that is not taken, and 'conv_2' is a label that was given.
        Assert.Equal(["conv_3", "norm", "conv_4", "conv_2", "part.conv", "part.conv_2", "sequence.0", "sequence.2"], Names(model));
    }

    [Fact]
    public void Stages_inside_the_arguments_of_others_have_names_too()
    {
        var model = Network("""
            network Net
            {
                input x[N, 3, 8, 8]
                y = x -> conv(4, 3) -> Sum(x -> conv(4, 3), learned(1, 4, 8, 8)) -> [ Sum(x -> conv(4, 1), learned(1, 4, 8, 8)) ]
                output y[N, 4, 8, 8]
            }
            block Sum(a, b, c)
            {
                return a + b + c
            }
            """);
        Assert.Equal(["conv", "conv_2", "learned", "conv_3", "learned_2"], Names(model));
    }

    [Fact]
    public void A_block_that_says_the_sizes_of_its_inputs_uses_them_as_numbers()
    {
        var file = Check("""
            network Net
            {
                input x[N, 16, 8], y[N, l, 8]
                z = Part(x, y) -> Widened(8)
                output z[N, 16, 24]
            }
            block Part(a[N, L, C], b[N, S, C])
            {
                return cross_attention(a, b, heads: C / 4) -> linear(L + C)
            }
            block Widened(x[N, L, W], width: int)
            {
                return x -> slice(0, W - width, axis: 2) -> linear(W)
            }
            """);
        Assert.Empty(file.Diagnostics.Select(found => $"{found.Place} {found.Code} {found.Text}"));
        Assert.All(file.Modules, module => Assert.True(module.IsComplete));
        Assert.Equal("[N, a.L, a.C]",
            file.Modules.Single(module => module.Declaration.Name.Text == "Part").Generic.Inputs[0].Shape.ToString());
    }

    [Theory]
    [InlineData("RetinaHead", "retina_head")]
    [InlineData("ResNet50", "res_net50")]
    [InlineData("FPN", "fpn")]
    [InlineData("FPNHead", "fpn_head")]
    [InlineData("conv", "conv")]
    public void Blocks_are_named_as_PyTorch_names_attributes(string block, string name) =>
        Assert.Equal(name, AutomaticNames.SnakeCase(block));

    [Fact]
    public void Repetitions_and_loops_count()
    {
        var model = Network("""
            network Net(n: int = 3)
            {
                input x[N, 4, 8, 8]
                y = x -> body: [ conv(4, 3) * n, relu, conv(4, 1) * (n - 2) ]
                for i in 0..n {
                    y = y -> step{i + 1}.0: conv(4, 3)
                }
                output y[N, 4, 8, 8]
            }
            """);
        Assert.Equal(["body.0", "body.1", "body.2", "body.4", "step1.0", "step2.0", "step3.0"], Names(model));
    }

    [Fact]
    public void Branches_are_decided_by_sizes_and_arguments()
    {
        const string Text = """
            network Net
            {
                input x[N, 4, 8, 8]
                y = x -> a: Part(4) -> b: Part(8) -> c: Part(8, stride: 2)
                output y[N, 8, 4, 4]
            }
            block Part(x, channels: int, stride: int = 1)
            {
                y = x -> conv1: conv(channels, 3, stride: stride)
                if stride != 1 or x.channels != channels {
                    shortcut = x -> down: conv(channels, 1, stride: stride)
                } else {
                    shortcut = x
                }
                return y + shortcut
            }
            """;
        Assert.Equal(["a.conv1", "b.conv1", "b.down", "c.conv1", "c.down"], Names(Network(Text)));
        Assert.True(Assert.Single(Check(Text).Modules, module => module.Declaration.Name.Text == "Part").IsComplete);
    }

    [Fact]
    public void Blocks_give_several_values_and_shared_modules_have_one_set_of_weights()
    {
        var model = Network("""
            network Net
            {
                input x[N, 4, 8, 8]
                a, b = Two(x)
                module head = conv(6, 3)
                p = a -> head
                q = b -> head
                output p[N, 6, 8, 8], q[N, 6, 4, 4]
            }
            block Two(x)
            {
                return x -> first: conv(4, 3), x -> second: conv(4, 3, stride: 2)
            }
            """);
        Assert.Equal(["two.first", "two.second", "head", "head"], Names(model));
        Assert.Equal(["two", "head"], model.Root.Children.Select(child => child.NameText));
    }

    /// <summary>For each norm what its prior comes from.</summary>
    private static string Priors(ModuleModel model) =>
        string.Join(" | ", LayerTable.Of(model).Where(row => row.Prior.Length > 0).Select(row => $"{row.Name}: {row.Prior}"));

    [Fact]
    public void The_chain_goes_through_operations_joins_and_blocks()
    {
        var model = Network("""
            network Net
            {
                input x[N, 4, 8, 8]
                a = x -> conv(4, 3) -> first: norm -> relu
                b = a -> part: Part
                c = a + b -> conv(4, 3) -> last: norm
                output c[N, 4, 8, 8]
            }
            block Part(x)
            {
                return x -> conv1: conv(4, 3) -> bn: norm -> relu
            }
            """);
        Assert.Equal("first: begins the chain | part.bn: first (relu, conv) | last: first (relu, +, conv); part.bn (relu, +, conv)",
            Priors(model));
    }

    [Fact]
    public void A_norm_sharpens_the_state_of_what_it_observes()
    {
        // Both branches observe the same value: the second takes its prior from the first, which observed it before.
        var model = Network("""
            network Net
            {
                input x[N, 4, 8, 8]
                a = x -> conv(4, 3)
                b = a -> one: norm
                c = a -> two: norm
                d = b + c
                output d[N, 4, 8, 8]
            }
            """);
        Assert.Equal("one: begins the chain | two: one", Priors(model));
    }

    [Fact]
    public void Chains_begin_anew_where_told_and_batch_norms_have_none()
    {
        var model = Network("""
            network Net
            {
                input x[N, 4, 8, 8]
                y = x -> one: norm -> relu -> two: norm(chain: start) -> three: norm(batch()) -> four: norm
                output y[N, 4, 8, 8]
            }
            """);
        Assert.Equal("one: begins the chain | two: begins the chain | four: begins the chain", Priors(model));
    }

    [Theory]
    [InlineData("a -> softmax(0) -> norm", "KN0301")]
    [InlineData("a + (x -> conv(4, 3)) -> norm", "KN0303")]
    [InlineData("concat(a, x) -> norm", "KN0303")]
    [InlineData("(x -> norm) + x + a -> norm", null)]
    [InlineData("a -> softmax(0) -> norm(chain: start)", null)]
    [InlineData("a -> softmax(0) -> norm(batch())", null)]
    [InlineData("a + a -> norm", null)]
    public void Cuts_of_the_chain_are_warned_of_where_a_norm_wants_it(string value, string? code)
    {
        var found = Check(
            "network Net\n{\n input x[N, 4, 8, 8]\n a = x -> conv(4, 3) -> norm -> relu\n"
                + $" b = {value} -> avgpool(global) -> flatten -> linear(2)\n output b[N, 2]\n}}\n").Diagnostics;
        Assert.Equal(code is null ? [] : [(code, Severity.Warning)], found.Select(one => (one.Code, one.Severity)));
    }

    [Fact]
    public void Errors_of_one_network_leave_the_others_alone()
    {
        var file = Check("""
            network Wrong
            {
                input x[N, 4, 8, 8]
                y = x -> cnov(4, 3)
                output y[N, 4, 8, 8]
            }
            network Right
            {
                input x[N, 4, 8, 8]
                y = x -> conv(4, 3)
                output y[N, 4, 8, 8]
            }
            """);
        Assert.Single(file.Diagnostics);
        Assert.Equal([false, true], file.Modules.Select(module => module.IsComplete));
    }
}
