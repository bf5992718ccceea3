using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Text;
using KnDsl.Generator.Writing;
using KnDsl.Language.Checking;
using KnDsl.Language.Syntax;
using Microsoft.CodeAnalysis.CSharp;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Generator.Tests;

/// <summary>
/// Generated networks whose blocks are computed again: outputs, gradients, running averages and random numbers are to the bit those of
/// networks that keep everything, in every form of the language, and with fusing, hooks, fold() and checkpoints.
/// </summary>
public sealed class RecomputeTests : TorchTest
{
    public static TheoryData<string, bool> Forms
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (var name in GeneratedCase.Names)
            {
                foreach (var fuses in new[] { true, false })
                {
                    if (Of(name, fuses).Code.Contains("Recompute recompute = default", StringComparison.Ordinal))
                        data.Add(name, fuses);
                }
            }

            return data;
        }
    }

    private static GeneratedCase Of(string name, bool fuses) => fuses ? GeneratedCase.Of(name) : GeneratedCase.Of(name).Apart();

    [Theory]
    [MemberData(nameof(Forms))]
    public void Every_form_trains_as_one_that_keeps_everything(string name, bool fuses)
    {
        var @case = Of(name, fuses);
        Compare(recompute => Create(@case, recompute), () => @case.Inputs(), name);
    }

    [Fact]
    public void Random_networks_train_as_those_that_keep_everything()
    {
        var count = int.TryParse(Environment.GetEnvironmentVariable("KNDSL_NETWORKS"), out var wanted) ? wanted : 60;
        var first = int.TryParse(Environment.GetEnvironmentVariable("KNDSL_NETWORKS_SEED"), out var chosen) ? chosen : 1;
        var files = Enumerable.Range(first, count).Select(seed => (Seed: seed, File: CheckedFile.Check(
                new Language.Text.SourceText($"{seed}.knnet", RandomNetwork.Make(seed, $"Random{seed}")))))
            .Where(one => one.File.Diagnostics.All(found => found.Severity != Language.Diagnostics.Severity.Error)).ToArray();
        using var image = new MemoryStream();
        Assert.True(Host.Compilation().AddSyntaxTrees(files.Select(one => CSharpSyntaxTree.ParseText(
            FileWriter.Emit(one.File, "", [])!, Host.ParseOptions, $"{one.Seed}.g.cs", Encoding.UTF8))).Emit(image).Success);
        var assembly = Assembly.Load(image.ToArray());
        var compared = 0;
        foreach (var (seed, file) in files)
        {
            var name = file.Modules.First(module => module.Declaration.Kind == ModuleKind.Network).Generic.Name;
            var constructor = assembly.GetType($"Random{seed}.{name}")!.GetConstructors().Single();
            if (constructor.GetParameters().All(parameter => parameter.Name != "recompute"))
                continue;
            Compare(
                recompute => (nn.Module)constructor.Invoke([.. constructor.GetParameters().Select(parameter =>
                    parameter.Name == "recompute" ? recompute : parameter.DefaultValue)]),
                () => [randn(2, 3, 6, 8)], $"seed {seed}");
            compared++;
        }

        Assert.True(compared > files.Length / 4, $"{compared} of {files.Length} networks have something to compute again.");
    }

    private const string Dropping = """
        namespace Cases.Dropping

        network Net(policy: norm = kalman())
        {
            input image[N, 3, 8, 8]
            norm = policy
            x = image -> conv(4, 3) -> one: Unit(4) -> two: Unit(8)
            output x[N, 8, 8, 8]
        }

        block Unit(x, channels: int)
        {
            y = x -> conv1: conv(channels, 3) -> bn1: norm -> relu -> drop: dropout(0.3) -> conv2: conv(channels, 3) -> bn2: norm -> gelu
            return (y -> stochastic_depth(0.4)) + (x -> fit: conv(channels, 1)) -> relu
        }
        """;

    [Fact]
    public void Dropout_draws_the_same()
    {
        var @case = GeneratedCase.Inline(Dropping);
        foreach (var policy in new[] { NormPolicy.Kalman(), NormPolicy.Kalman(0.1, 2, Transition.Sampled), NormPolicy.Group(2) })
            Compare(recompute => Create(@case, recompute, policy), () => @case.Inputs(), policy.ToString()!);
    }

    [Fact]
    public void Hooks_see_what_they_see_without_it_and_as_often()
    {
        var @case = GeneratedCase.Inline(Dropping);
        var paths = Create(@case, false).named_modules().Select(module => module.name).Where(name => name.Contains('.')).ToArray();
        Assert.NotEmpty(paths);
        foreach (var path in paths.Append("one"))
        {
            var counts = new List<int>();
            Compare(
                recompute =>
                {
                    var network = Create(@case, recompute);
                    var module = (nn.Module<Tensor, Tensor>)network.named_modules().Single(entry => entry.name == path).module;
                    var at = counts.Count;
                    counts.Add(0);
                    module.register_forward_hook((_, _, output) =>
                    {
                        counts[at]++;
                        return output * 1.5;
                    });
                    return network;
                },
                () => @case.Inputs(), path);
            Assert.Equal([2, 2], counts);
        }
    }

    /// <summary>No gradient is none, not one of zeros: a decay of weights tells them apart.</summary>
    [Fact]
    public void What_nothing_depends_on_has_no_gradient()
    {
        var @case = GeneratedCase.Inline("""
            network Net(policy: norm = kalman())
            {
                input x[N, 4, h, w]
                norm = policy
                total = x
                for i in 0..2 {
                    x, b = x -> two{i}: Two(4)
                    total = total + b
                }
                output total[N, 4, h, w]
            }
            block Two(x, channels: int)
            {
                y = x -> conv: conv(channels, 3) -> bn: norm -> relu
                return x + (y -> left: conv(channels, 1)), y -> right: conv(channels, 1)
            }
            """);
        NormPolicy[] policies = [NormPolicy.Kalman(), NormPolicy.Kalman(microbatch: 2), NormPolicy.InstanceKalman(), NormPolicy.Batch()];
        foreach (var policy in policies)
        {
            Compare(recompute => Create(@case, recompute, policy), () => @case.Inputs(), policy.ToString()!);
            using var network = Create(@case, Recompute.Blocks, policy);
            GeneratedCase.Run(network, "call", @case.Inputs())[0].sum().backward();
            var without = network.named_parameters().Where(entry => entry.parameter.grad is null).Select(entry => entry.name);
            Assert.Equal(["two1.left.bias", "two1.left.weight"], without.Order());
        }
    }

    [Fact]
    public void A_folded_network_gives_the_same()
    {
        var @case = GeneratedCase.Of("Branch");
        Compare(
            recompute =>
            {
                var network = Create(@case, recompute);
                network.eval();
                network.GetType().GetMethod("fold")!.Invoke(network, null);
                return network;
            },
            () => @case.Inputs(), "folded", train: false);
    }

    [Fact]
    public void Checkpoints_have_the_same_entries()
    {
        var @case = GeneratedCase.Of("Branch");
        using var keeps = Create(@case, false);
        using var again = Create(@case, Recompute.Blocks);
        Assert.Equal(keeps.state_dict().Keys, again.state_dict().Keys);
        again.load_state_dict(keeps.state_dict());
        keeps.eval();
        again.eval();
        var inputs = @case.Inputs();
        foreach (var (expected, found) in GeneratedCase.Run(keeps, inputs).Zip(GeneratedCase.Run(again, inputs)))
            Assert.True(expected.equal(found).all().item<bool>());
    }

    [Fact]
    public void A_block_with_a_module_of_the_users_is_not_computed_again()
    {
        var code = FileWriter.Emit(CheckedFile.Check(new Language.Text.SourceText("net.knnet", """
            namespace Own
            extern Acme.Layer(): [N, C, H, W] -> [N, C, H, W]
            network Net()
            {
                input image[N, 3, 8, 8]
                y = image -> outer: Outer -> other: Other
                output y[N, 3, 8, 8]
            }
            block Outer(x)
            {
                return x -> inner: Inner
            }
            block Inner(x)
            {
                return x -> own: Layer -> relu
            }
            block Other(x)
            {
                return x -> conv(3, 3) -> relu
            }
            """)), "", [])!;
        Assert.Equal(1, code.Split("_recompute.Begin(").Length - 1);
        Assert.Equal(1, code.Split("recompute: recompute").Length - 1);
    }

    private static nn.Module Create(GeneratedCase @case, Recompute recompute, NormPolicy? policy = null)
    {
        var arguments = new List<(string, object?)> { ("recompute", recompute) };
        if (policy is not null)
            arguments.Add(("policy", policy));
        foreach (var parameter in @case.Network.Declaration.Parameters.Where(parameter => parameter.Default is null))
            arguments.Add((parameter.Name.Text, 5));
        return @case.Create(@case.Network.Name, [.. arguments]);
    }

    /// <summary>Two steps of training, or of evaluation with gradients, of networks that keep everything and that do not.</summary>
    private static void Compare(Func<Recompute, nn.Module> create, Func<Tensor[]> inputs, string what, bool train = true)
    {
        var results = new List<Dictionary<string, byte[]>>();
        foreach (var recompute in new[] { default, Recompute.Blocks })
        {
            using var scope = NewDisposeScope();
            manual_seed(3);
            using var network = create(recompute);
            network.train(train);
            var found = new Dictionary<string, byte[]>();
            for (var step = 0; step < 2; step++)
            {
                var given = inputs();
                foreach (var input in given.Where(input => input.is_floating_point()))
                    input.requires_grad_();
                var outputs = GeneratedCase.Run(network, "call", given);
                if (outputs.Any(output => output.requires_grad))
                {
                    outputs.Where(output => output.requires_grad)
                        .Select(output => (output * linspace(-1, 2, output.numel()).view(output.shape)).sum())
                        .Aggregate((a, b) => a + b).backward();
                }

                for (var i = 0; i < outputs.Length; i++)
                    Add(found, $"output {i}, step {step}", outputs[i]);
                for (var i = 0; i < given.Length; i++)
                    Add(found, $"gradient of input {i}, step {step}", given[i].grad);
                Add(found, $"random numbers, step {step}", rand(3));
            }

            foreach (var (name, parameter) in network.named_parameters())
                Add(found, $"gradient of {name}", parameter.grad);
            foreach (var (name, buffer) in network.named_buffers())
                Add(found, name, buffer);
            results.Add(found);
        }

        Assert.Equal(results[0].Keys, results[1].Keys);
        foreach (var (name, expected) in results[0])
            Assert.True(expected.AsSpan().SequenceEqual(results[1][name]), $"{name}, {what}");
    }

    private static void Add(Dictionary<string, byte[]> found, string name, Tensor? value)
    {
        if (value is not null)
            found[name] = value.detach().contiguous().bytes.ToArray();
    }
}
