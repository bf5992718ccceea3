using System;
using System.Diagnostics;
using System.IO;
using System.Threading.Tasks;
using Xunit;

namespace KnDsl.Build.Tests;

/// <summary>
/// A program that is compiled to native code, where reflection finds only what something names: every parameter, buffer and module
/// is registered, saved, loaded, moved and folded, as in a program that is compiled as it runs.
/// </summary>
public sealed class NativeCodeTests(PackedPackage package) : IClassFixture<PackedPackage>
{
    private const string Network = """
        extern Consumer.Own(channels: int): [N, C, H, W] -> [N, C, H, W]

        network Probe(depths: int[] = [1, 2], policy: norm = kalman())
        {
            input image[N, 3, 2*h, 2*w]
            norm = policy
            x = image -> conv1: conv(8, 3) -> bn1: norm -> relu -> layer1: [ Unit(8), Unit(8) ]
            for i in 0..depths.count {
                x = x -> "stage{i}": [ Unit(8), conv(8, 1), norm ] -> "out-{i}": norm
            }
            x = x -> act: prelu -> scale: layer_scale -> own: Own(8)
            x = x -> grn: grn(axis: 1) -> permute(0, 2, 3, 1) -> windows: window_attention(heads: 2, window: 4) -> permute(0, 3, 1, 2)
            factor = group.factor: learned(8, 1, 1, value: 0.5)
            shift = shift: learned(8, 1, 1, value: 0.1)
            tokens = x * factor + shift -> maxpool(2) -> flatten(2) -> permute(0, 2, 1)
            y = tokens -> ln: layernorm -> attn: attention(2) -> permute(0, 2, 1)
            logits = y -> mean(2) -> fc: linear(3)
            output logits[N, 3]
        }

        block Unit(x, channels: int)
        {
            return (x -> conv: conv(channels, 3) -> bn: norm -> relu) + x
        }
        """;

    private const string Program = """
        using System;
        using System.Collections.Generic;
        using System.Linq;
        using KnDsl;
        using TorchSharp;
        using TorchSharp.Modules;
        using static TorchSharp.torch;

        namespace Consumer;

        public sealed class Own : nn.Module<Tensor, Tensor>
        {
            private readonly Parameter gamma;
            private readonly Conv2d inner;

            public Own(int channels) : base("Own")
            {
                gamma = new Parameter(ones(channels, 1, 1));
                inner = nn.Conv2d(channels, channels, 1);
                RegisterComponents();
            }

            public override Tensor forward(Tensor x)
            {
                using var y = inner.call(x);
                return y * gamma;
            }
        }

        public sealed partial class Probe
        {
            private readonly Linear extra = nn.Linear(3, 4);
            private readonly Parameter more = new(ones(3));

            public bool UsesMore(ScalarType dtype) => (extra.call(zeros(1, 3, dtype)).sum() + more.sum()).isfinite().item<bool>();
        }

        public sealed record OwnPolicy : NormPolicy
        {
            public override NormLayer Create(long channels, Device? device = null, ScalarType? dtype = null) => new OwnLayer(channels);
            public override NormPolicy With(double? eps = null, double? momentum = null) => this;
            protected override string Name => "own";
            protected override IEnumerable<string> Settings() => [];
        }

        public sealed class OwnLayer : NormLayer
        {
            private readonly Parameter gamma;

            public OwnLayer(long channels) : base("own", channels)
            {
                gamma = new Parameter(ones(channels));
                RegisterComponents();
            }

            public override (Tensor output, ChannelState? emitted, ChannelState? posterior) forward(Tensor input, ChannelState? prior) =>
                (input * gamma.view(1, -1, 1, 1), null, null);
        }

        public static class Program
        {
            public static void Main()
            {
                NormPolicy[] policies =
                [
                    NormPolicy.Kalman(), NormPolicy.Kalman(Gain.Adaptive(perChannel: true), 2, Transition.Learned),
                    NormPolicy.Kalman(0.1, 2, Transition.Sampled), NormPolicy.Batch(), NormPolicy.Renorm(), NormPolicy.Group(2),
                    NormPolicy.GroupKalman(2), NormPolicy.Instance(affine: false), new OwnPolicy(),
                ];
                foreach (var policy in policies)
                    Try(policy);
                using var network = new Probe(policy: policies[1]);
                foreach (var key in network.state_dict().Keys)
                    Console.WriteLine(key);
            }

            private static void Try(NormPolicy policy)
            {
                manual_seed(1);
                using var scope = NewDisposeScope();
                using var network = new Probe(policy: policy);
                var called = new HashSet<string>();
                foreach (var (name, module) in network.named_modules())
                {
                    if (module is nn.Module<Tensor, Tensor> layer)
                        layer.register_forward_hook((_, _, output) => called.Add(name) ? output : output);
                }
                var x = rand(4, 3, 8, 8);
                network.call(x).sum().backward();
                var trained = network.parameters().Count(parameter => parameter.grad is not null);
                network.eval();
                var y = network.call(x);
                network.save_weights("probe.safetensors");
                using var other = new Probe(policy: policy);
                other.load_weights("probe.safetensors");
                other.eval();
                var isLoaded = other.call(x).allclose(y);
                network.to(ScalarType.Float64);
                var wide = network.call(x.to(ScalarType.Float64));
                var isMoved = network.parameters().All(parameter => parameter.dtype == ScalarType.Float64)
                    && network.UsesMore(ScalarType.Float64) && wide.to(ScalarType.Float32).allclose(y, 1e-3, 1e-3);
                network.fold();
                var isFolded = network.call(x.to(ScalarType.Float64)).allclose(wide, 1e-6, 1e-6);
                Console.WriteLine(
                    $"{policy}: {other.state_dict().Count} entries, {trained} trained, {called.Count} called, "
                    + $"training {network.bn1.training}, loaded {isLoaded}, moved {isMoved}, folded {isFolded}");
            }
        }
        """;

    [NativeCodeFact]
    public async Task Native_code_has_all_modules_and_parameters()
    {
        var project = package.Consumer("native", references: package.PlainReferences());
        File.Delete(Path.Combine(project, "Small.knnet"));
        await File.WriteAllTextAsync(Path.Combine(project, "Probe.knnet"), Network);
        await File.WriteAllTextAsync(Path.Combine(project, "Program.cs"), Program);
        var expected = Lines(await Dotnet.Succeed(project, "run", "-c", "Release"));

        var published = Path.Combine(project, "published");
        await Dotnet.Succeed(
            project, "publish", "-c", "Release", "-r", NativeCodeFactAttribute.RuntimeIdentifier, "-p:PublishAot=true", "-o", published);
        Assert.Equal(expected, await Output(Path.Combine(published, "Consumer")));
        Assert.All(expected[..9], line =>
            Assert.EndsWith("training False, loaded True, moved True, folded True", line, StringComparison.Ordinal));
        Assert.Contains("layer1.1.bn.gain_mean", expected);
        Assert.Contains("group.factor", expected);
    }

    private static string[] Lines(string output) => output.ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static async Task<string[]> Output(string program)
    {
        using var process = Process.Start(new ProcessStartInfo(program)
        {
            RedirectStandardOutput = true, WorkingDirectory = Path.GetDirectoryName(program)!,
        })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
        return Lines(output);
    }
}
