using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using KnDsl.Generator.Writing;
using KnDsl.Language.Checking;
using KnDsl.Language.Syntax;
using Microsoft.CodeAnalysis.CSharp;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Generator.Tests;

/// <summary>
/// A norm and what comes right after it are one call. The network that is written so computes what it computes with one call after the
/// other: outputs, gradients, running averages, states and hooks.
/// </summary>
public sealed class FusionTests : TorchTest
{
    private static readonly Dictionary<string, NormPolicy> Policies = new()
    {
        ["kalman"] = NormPolicy.Kalman(),
        ["micro-batches"] = NormPolicy.Kalman(0.1, 2),
        ["learned"] = NormPolicy.Kalman(Gain.Learned(), 2, Transition.Learned),
        ["batch"] = NormPolicy.Batch(),
        ["renorm"] = NormPolicy.Renorm(warmUp: 0),
        ["group"] = NormPolicy.Group(1),
        ["instancekalman"] = NormPolicy.InstanceKalman(),
        ["none"] = NormPolicy.None(),
    };

    public static TheoryData<string, string> Everything
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var name in GeneratedCase.Names)
            {
                foreach (var policy in Policies.Keys)
                    data.Add(name, policy);
            }

            return data;
        }
    }

    private static bool HasPolicy(GeneratedCase @case) =>
        @case.Network.Declaration.Parameters.Any(parameter => parameter.Name.Text == "policy");

    private static int Fused(string code) => Regex.Matches(code, @"new Epilogue\(").Count;

    [Theory]
    [MemberData(nameof(Everything))]
    public void EveryFormIsThatOfOneCallAfterTheOther(string name, string policy)
    {
        var @case = GeneratedCase.Of(name);
        if (!HasPolicy(@case) && policy != "kalman")
            return;
        Compare(@case, HasPolicy(@case) ? Policies[policy] : null);
    }

    private static void Compare(GeneratedCase @case, NormPolicy? policy)
    {
        var apart = @case.Apart();
        Assert.Equal(0, Fused(apart.Code));
        using var fusedNetwork = @case.CreateNetwork(policy, dtype: ScalarType.Float64);
        using var apartNetwork = apart.CreateNetwork(policy, dtype: ScalarType.Float64);
        Assert.Equal(
            apartNetwork.named_modules().Select(module => (module.name, module.module.GetType().Name)),
            fusedNetwork.named_modules().Select(module => (module.name, module.module.GetType().Name)));
        AreEqual(fusedNetwork, apartNetwork, @case.Inputs(dtype: ScalarType.Float64), @case.Name);
    }

    private static void AreEqual(nn.Module fused, nn.Module apart, Tensor[] inputs, string what)
    {
        using (no_grad())
        {
            foreach (var parameter in apart.parameters())
                parameter.add_(randn_like(parameter), 0.3);
            foreach (var (key, value) in apart.state_dict())
                fused.state_dict()[key].copy_(value);
        }

        foreach (var training in new[] { true, false, false })
        {
            var results = new List<(Tensor[] Outputs, Dictionary<string, Tensor> State)>();
            foreach (var network in new[] { fused, apart })
            {
                network.train(training);
                network.zero_grad();
                manual_seed(5);
                using var enabled = set_grad_enabled(training);
                var outputs = GeneratedCase.Run(network, inputs);
                if (training && outputs.Any(output => output.requires_grad))
                {
                    outputs.Select(output => (output * linspace(-1, 2, output.numel(), float64).view(output.shape)).sum())
                        .Aggregate((a, b) => a + b).backward();
                }

                var state = network.named_buffers().ToDictionary(entry => entry.name, entry => entry.buffer.clone());
                foreach (var (key, parameter) in network.named_parameters().Where(entry => entry.parameter.grad is not null))
                    state[$"gradient of {key}"] = parameter.grad!.clone();
                results.Add((outputs, state));
            }

            foreach (var (actual, expected) in results[0].Outputs.Zip(results[1].Outputs))
                Close(expected, actual, 1e-11, $"{what}, training {training}");
            Assert.Equal(results[1].State.Keys, results[0].State.Keys);
            foreach (var (key, expected) in results[1].State)
                Close(expected, results[0].State[key], 1e-9, $"{key} of {what}, training {training}");
        }
    }

    [Fact]
    public void RandomNetworksAreThoseOfOneCallAfterTheOther()
    {
        var count = int.TryParse(Environment.GetEnvironmentVariable("KNDSL_NETWORKS"), out var wanted) ? wanted : 60;
        var first = int.TryParse(Environment.GetEnvironmentVariable("KNDSL_NETWORKS_SEED"), out var chosen) ? chosen : 1;
        var files = Enumerable.Range(first, count).Select(seed => (Seed: seed, File: CheckedFile.Check(
                new Language.Text.SourceText($"{seed}.knnet", RandomNetwork.Make(seed, $"Random{seed}")))))
            .Where(one => one.File.Diagnostics.All(found => found.Severity != Language.Diagnostics.Severity.Error)).ToArray();
        var (fused, apart) = (Compile(files, true), Compile(files, false));
        var (calls, overflowing) = (0, 0);
        foreach (var (seed, file) in files)
        {
            using var scope = NewDisposeScope();
            var name = file.Modules.First(module => module.Declaration.Kind == ModuleKind.Network).Generic.Name;
            using var one = Create(fused, $"Random{seed}.{name}");
            using var other = Create(apart, $"Random{seed}.{name}");
            try
            {
                AreEqual(one, other, [randn(2, 3, 6, 8, dtype: ScalarType.Float64)], $"seed {seed}");
            }
            catch (NotFiniteNumberException)
            {
                // A value that is squared again and again: a norm says so.
                overflowing++;
            }

            calls += Fused(FileWriter.Emit(file, "", [])!);
        }

        Assert.True(overflowing <= 1 + files.Length / 20, $"Values of {overflowing} of {files.Length} networks are not finite.");
        Assert.True(calls > files.Length / 4, $"{calls} norms of {files.Length} networks are one call with what comes after them.");
    }

    private static nn.Module Create(Assembly assembly, string type)
    {
        var constructor = assembly.GetType(type)!.GetConstructors().Single();
        return (nn.Module)constructor.Invoke([.. constructor.GetParameters().Select(parameter =>
            parameter.Name == "dtype" ? ScalarType.Float64 : parameter.DefaultValue)]);
    }

    private static Assembly Compile(IEnumerable<(int Seed, CheckedFile File)> files, bool fuses)
    {
        using var image = new MemoryStream();
        var result = Host.Compilation().AddSyntaxTrees(files.Select(one => CSharpSyntaxTree.ParseText(
            FileWriter.Emit(one.File, "", [], fuses: fuses)!, Host.ParseOptions, $"{one.Seed}.g.cs", Encoding.UTF8))).Emit(image);
        Assert.Empty(result.Diagnostics.Where(found => found.Severity == Microsoft.CodeAnalysis.DiagnosticSeverity.Error));
        return Assembly.Load(image.ToArray());
    }

    /// <summary>A body of a network of two inputs of four channels, each with what is one call in it.</summary>
    [Theory]
    [InlineData(1, "return a -> norm -> relu")]
    [InlineData(1, "return a -> norm -> silu")]
    [InlineData(1, "y = a -> norm; return y -> relu")]
    [InlineData(1, "return (a -> norm) + b -> relu")]
    [InlineData(1, "return b + (a -> norm) -> relu6")]
    [InlineData(1, "return (a -> norm) + b")]
    [InlineData(1, "return (a -> norm) + b -> sigmoid")]
    [InlineData(1, "return (a -> norm) + a -> relu")]
    [InlineData(1, "return (a -> norm) + (b -> norm) -> relu")]
    [InlineData(2, "return (a -> norm) + (b -> norm -> relu) -> relu")]
    [InlineData(1, "y = a -> norm; s = b -> conv(4, 1) -> norm -> sigmoid; return y + s -> relu")]
    [InlineData(1, "y = a -> norm; s = b -> conv(4, 1); return y + s -> relu -> conv(4, 1) -> norm -> sigmoid")]
    // The state of what the norm reads is sharpened, which what stands between would see.
    [InlineData(0, "y = a -> norm; s = a -> conv(4, 1) -> sigmoid; return y + s -> relu -> conv(4, 1) -> norm -> sigmoid")]
    // The value is wanted elsewhere too.
    [InlineData(0, "y = a -> norm; return (y -> relu) + (y -> sigmoid)")]
    [InlineData(0, "y = a -> norm; return y + y -> relu")]
    [InlineData(1, "y = (a -> norm) + b; return (y -> relu) * y")]
    [InlineData(0, "y = a -> norm; return y * (y -> relu)")]
    // The sum repeats a value, or another operation lies between.
    [InlineData(0, "return (a -> norm) + (b -> avgpool(global)) -> relu")]
    [InlineData(0, "return a -> norm -> dropout(0.1) -> relu")]
    [InlineData(0, "return a -> norm -> leaky_relu")]
    [InlineData(0, "return (a -> norm) - b -> relu")]
    public void OneCallIsWhatNothingElseReads(int calls, string body)
    {
        foreach (var policy in new[] { "kalman()", "kalman(microbatch: 2)", "batch()", "instancekalman()" })
        {
            var statements = body.Split("; ");
            var last = statements[^1]["return ".Length..];
            var @case = GeneratedCase.Inline(
                "network Inline()\n{\n    input  x[N, 4, h, w], z[N, 4, h, w]\n    norm = " + policy + "\n"
                    + "    a = x -> conv(4, 3) -> norm -> sigmoid -> conv(4, 3)\n    b = z -> conv(4, 3) -> norm -> sigmoid -> conv(4, 3)\n"
                    + string.Concat(statements.SkipLast(1).Select(statement => $"    {statement}\n"))
                    + $"    y9 = {last}\n    result = y9 * b -> conv(4, 1) -> norm -> sigmoid\n    output result[N, 4, h, w]\n}}\n");
            Assert.Empty(@case.Diagnostics);
            Assert.Equal(calls, Fused(@case.Code));
            Compare(@case, null);
        }
    }

    [Fact]
    public void AValueThatIsAnOutputToo()
    {
        var @case = GeneratedCase.Inline(
            "network Inline()\n{\n    input  x[N, 4, h, w]\n    y = x -> norm\n    z = y -> relu\n"
                + "    output y[N, 4, h, w], z[N, 4, h, w]\n}\n");
        Assert.Empty(@case.Diagnostics);
        Assert.Equal(0, Fused(@case.Code));
        Compare(@case, null);
    }

    /// <summary>One place in the file holds both stages: who steps sees both, and what fails shows the norm's line.</summary>
    [Fact]
    public void TheCallHasThePlacesOfAllItsStages()
    {
        var @case = GeneratedCase.Inline(
            "network Inline()\n{\n    input  x[N, 4, h, w], s[N, 4, h, w]\n    y = x -> bn: norm\n          -> relu\n"
                + "    z = y -> conv(4, 1) -> norm\n    result = z + s -> relu\n    output result[N, 4, h, w]\n}\n");
        Assert.Contains("#line (4,18)-(5,18) \"Inline/net.knnet\"\n        (var y, ", @case.Code);
        Assert.Contains("#line (6,28)-(7,27) \"Inline/net.knnet\"\n        (var result, ", @case.Code);
        using var network = @case.CreateNetwork();
        var image = randn(4, 4, 3, 3);
        image[0] = float.NaN;
        var error = Record.Exception(() => GeneratedCase.Run(network, image, randn(4, 4, 3, 3)));
        Assert.IsType<NotFiniteNumberException>(error);
        Assert.Contains("net.knnet:line 4", error.StackTrace);
    }

    /// <summary>A hook on a norm sees the norm's output, and may put another in its place.</summary>
    [Theory]
    [InlineData("Chain")]
    [InlineData("Branch")]
    [InlineData("Loop")]
    public void AHookOfANormSeesItsOwnOutput(string name)
    {
        var @case = GeneratedCase.Of(name);
        Assert.True(Fused(@case.Code) > 0);
        var apart = @case.Apart();
        using var fusedNetwork = @case.CreateNetwork(dtype: ScalarType.Float64);
        using var apartNetwork = apart.CreateNetwork(dtype: ScalarType.Float64);
        var seen = new List<Tensor>();
        foreach (var network in new[] { fusedNetwork, apartNetwork })
        {
            var layers = network.named_modules().Where(entry => entry.module is NormLayer).ToArray();
            Assert.NotEmpty(layers);
            foreach (var (_, module) in layers)
            {
                ((nn.Module<Tensor, Tensor>)module).register_forward_hook((_, _, output) =>
                {
                    seen.Add(output.detach().clone().DetachFromDisposeScope());
                    return output * 1.5;
                });
            }
        }

        AreEqual(fusedNetwork, apartNetwork, @case.Inputs(dtype: ScalarType.Float64), name);
        Assert.Contains(seen, value => value.min().item<double>() < 0);
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("true", true)]
    [InlineData("on", true)]
    [InlineData("FALSE", false)]
    [InlineData("off", false)]
    [InlineData("No", false)]
    public void APropertyKeepsThemApart(string value, bool fuses)
    {
        var text = Host.Text("net.knnet", GeneratedCase.Of("Chain").Source);
        var code = Host.Driver([text], fuse: value).RunGenerators(Host.Compilation()).GetRunResult().Results.Single()
            .GeneratedSources.Single().SourceText.ToString();
        Assert.Equal(fuses, Fused(code) > 0);
    }
}
