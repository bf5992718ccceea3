using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using KnDsl.Generator.Naming;
using KnDsl.Language.Operations;
using KnDsl.Language.Operations.Contract;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Generator.Tests;

/// <summary>
/// Hooks in generated networks: all that <c>named_modules</c> lists run theirs, under every policy, in training and in inference;
/// what hooks give back is used, and what they keep stays.
/// </summary>
public sealed class HookTests : TorchTest
{
    private static readonly NormPolicy[] Policies =
    [
        NormPolicy.Kalman(), NormPolicy.Kalman(Gain.Adaptive(), 2, Transition.Learned), NormPolicy.Kalman(0.1, 2, Transition.Sampled),
        NormPolicy.Batch(), NormPolicy.Renorm(), NormPolicy.Group(1), NormPolicy.GroupKalman(1), NormPolicy.Layer(), NormPolicy.None(),
    ];

    /// <summary>A chain through all that has modules: blocks of several values, shared ones, a loop, named priors.</summary>
    private const string Everything = """
        network Inline(depth: int = 2, policy: norm = kalman())
        {
            input image[N, 4, 8, 8]
            norm = policy
            module shared = Unit(4)
            x = image -> conv1: conv(4, 3) -> bn1: norm -> relu -> act: prelu -> scale: layer_scale
            x = x -> shared -> shared -> up: conv_transpose(4, 3, padding: 1) -> bn2: norm -> relu
            p = x + (x -> other: norm) -> lift: conv(4, 3) -> lift_act: prelu -> lift_scale: layer_scale
            a, b = Pair(p -> bn3: norm(from: bn2), p -> after: norm) -> Cross(x)
            for i in 0..depth {
                a = a -> unit{i}: Unit(4)
            }
            s = a + b -> relu -> [ conv(4, 3), norm, Unit(4) ]
            y = s -> avgpool(global) -> flatten -> hidden: linear(4) -> bn4: norm -> fc: linear(3)
            output y[N, 3]
        }

        block Unit(x, channels: int)
        {
            return (x -> conv: conv(channels, 3) -> bn: norm -> relu) + x
        }

        block Pair(x, y)
        {
            return (x -> bn: norm) + y
        }

        /// Observes its first input, so that its posterior comes back.
        block Cross(x, y)
        {
            z = x -> bn: norm -> relu
            return z + y, x -> conv: conv(4, 1)
        }
        """;

    private static readonly Lazy<GeneratedCase> OfEverything = new(() => GeneratedCase.Inline(Everything));

    private static GeneratedCase Case(string name) => name == nameof(Everything) ? OfEverything.Value : GeneratedCase.Of(name);

    public static TheoryData<string> Cases => [.. GeneratedCase.Names, nameof(Everything)];

    /// <summary>What can have hooks: groups hold modules, and are never called.</summary>
    private static (string Name, nn.Module Module)[] Callable(nn.Module network) =>
        [.. network.named_modules().Where(entry => HookType(entry.module) is not null)];

    private static Type? HookType(nn.Module module)
    {
        var type = module.GetType();
        while (type is not null && !(type.IsGenericType && type.GetGenericTypeDefinition() == typeof(nn.HookableModule<,>)))
            type = type.BaseType;
        return type;
    }

    private static void Register(nn.Module module, string method, Action<nn.Module> hook) =>
        HookType(module)!.GetMethod(method, [typeof(Action<nn.Module>)])!.Invoke(module, [hook]);

    private static Tensor[] Call(nn.Module network, params Tensor[] inputs) => GeneratedCase.Run(network, "call", inputs);

    [Theory]
    [MemberData(nameof(Cases))]
    public void EveryModuleThatIsListedRunsItsHooks(string name)
    {
        var @case = Case(name);
        if (name == nameof(Everything))
            Assert.Empty(@case.Diagnostics);
        Dictionary<string, int>? expected = null;
        foreach (var (policy, mode) in Policies.SelectMany(policy =>
            new[] { (policy, "training"), (policy, "inference"), (policy, "folded") }))
        {
            using var scope = NewDisposeScope();
            using var network = @case.CreateNetwork(policy);
            network.train(mode == "training");
            if (mode == "folded")
                network.GetType().GetMethod("fold")!.Invoke(network, null);
            var (before, after, values) = (new Dictionary<string, int>(), new Dictionary<string, int>(), new Dictionary<string, int>());
            foreach (var (label, module) in Callable(network).Append(("itself", network)))
            {
                (before[label], after[label], values[label]) = (0, 0, 0);
                Register(module, "register_forward_pre_hook", _ => before[label]++);
                Register(module, "register_forward_hook", _ => after[label]++);
                if (module is not nn.Module<Tensor, Tensor> one)
                {
                    Register(module, "register_forward_hook", _ => values[label]++);
                    continue;
                }
                one.register_forward_hook((_, _, output) =>
                {
                    values[label]++;
                    return output;
                });
            }
            Call(network, @case.Inputs());
            Assert.All(before, entry => Assert.True(entry.Value > 0, $"{entry.Key} under {policy} in {mode}"));
            Assert.Equal(before, after);
            Assert.Equal(before, values);
            // As often in training, where states flow, as in inference, where none do.
            Assert.Equal(expected ??= before, before);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void HooksThatChangeNothingChangeNothing(string name)
    {
        var @case = Case(name);
        foreach (var policy in Policies.Take(4))
        {
            using var scope = NewDisposeScope();
            using var plain = @case.CreateNetwork(policy, dtype: ScalarType.Float64);
            using var hooked = @case.CreateNetwork(policy, dtype: ScalarType.Float64);
            hooked.load_state_dict(plain.state_dict());
            foreach (var module in hooked.modules().OfType<nn.Module<Tensor, Tensor>>())
            {
                module.register_forward_pre_hook((_, value) => value);
                module.register_forward_hook((_, _, output) => output);
            }
            var inputs = @case.Inputs(dtype: ScalarType.Float64);
            var (expected, actual) = (Trained(plain), Trained(hooked));
            foreach (var ((key, a), (_, b)) in expected.Zip(actual))
                Close(a.nan_to_num(), b.nan_to_num(), 1e-12, $"{key} under {policy}");

            List<(string, Tensor)> Trained(nn.Module network)
            {
                network.train();
                manual_seed(7);
                var outputs = Call(network, inputs);
                outputs.Select(output => output.square().sum()).Aggregate((a, b) => a + b).backward();
                return
                [
                    .. outputs.Select((output, i) => ($"output {i}", output)),
                    .. network.named_parameters().Where(entry => entry.parameter.grad is not null)
                        .Select(entry => (entry.name, entry.parameter.grad!)),
                    .. network.named_buffers().Select(entry => (entry.name, entry.buffer)),
                ];
            }
        }
    }

    /// <summary>Whatever a hook gives back, nothing is freed that it holds, nor anything that is still to be read.</summary>
    [Theory]
    [MemberData(nameof(Cases))]
    public void AHookMayGiveTheInputACopyOrAHeldTensor(string name)
    {
        var @case = Case(name);
        var hooks = new (string What, Func<Tensor, Tensor, Tensor> Hook)[]
        {
            ("its input", (input, output) => input.shape.SequenceEqual(output.shape) ? input : output),
            ("a copy", (_, output) => output.clone()),
            ("another handle", (_, output) => output.alias()),
            ("a tensor that somebody holds", (_, output) => Held(output)),
            ("a tensor that it detaches", (_, output) => output.DetachFromDisposeScope()),
        };
        foreach (var (what, hook) in hooks)
        {
            foreach (var training in new[] { true, false })
            {
                using var scope = NewDisposeScope();
                using var network = @case.CreateNetwork();
                network.train(training);
                var given = new List<Tensor>();
                foreach (var module in network.modules().OfType<nn.Module<Tensor, Tensor>>())
                {
                    module.register_forward_hook((_, input, output) =>
                    {
                        var result = hook(input, output);
                        if (what.Contains("that", StringComparison.Ordinal))
                            given.Add(result);
                        return result;
                    });
                }

                var inputs = @case.Inputs();
                var outputs = Call(network, inputs);
                Assert.All(outputs, output => Assert.True(output.isfinite().all().item<bool>(), what));
                Assert.All(given.Concat(inputs), tensor => Assert.False(tensor.IsInvalid, $"{what} was freed"));
                foreach (var tensor in given)
                    tensor.Dispose();
            }
        }

        static Tensor Held(Tensor like) => like.clone().DetachFromDisposeScope();
    }

    /// <summary>A norm after what a hook has changed filters without a prior; the others have theirs.</summary>
    [Theory]
    [InlineData("bn1", "shared.bn")]
    [InlineData("act", "shared.bn")]
    [InlineData("scale", "shared.bn")]
    [InlineData("shared", "shared.bn")]
    [InlineData("up", "bn2")]
    [InlineData("unit0", "unit1.bn")]
    [InlineData("bn2", "bn3")]
    [InlineData("lift", "bn3")]
    [InlineData("lift_act", "bn3")]
    [InlineData("lift_scale", "bn3")]
    [InlineData("sequence.0", "sequence.1")]
    [InlineData("hidden", "bn4")]
    public void AfterWhatAHookChangesTheChainBeginsAnew(string changed, string norm)
    {
        var @case = OfEverything.Value;
        foreach (var isInput in new[] { false, true })
        {
            using var scope = NewDisposeScope();
            var policy = new PriorPolicy();
            using var network = @case.CreateNetwork(policy);
            var layer = (PriorPolicy.PriorLayer)network.named_modules().Single(entry => entry.name == norm).module;
            Call(network, @case.Inputs());
            Assert.DoesNotContain(false, layer.Priors);
            layer.Priors.Clear();
            var module = (nn.Module<Tensor, Tensor>)network.named_modules().Single(entry => entry.name == changed).module;
            if (isInput)
                module.register_forward_pre_hook((_, value) => value + 1);
            else
                module.register_forward_hook((_, _, output) => output + 1);
            Call(network, @case.Inputs());
            // A norm emits a state whatever its input was.
            if (isInput && module is NormLayer)
                Assert.DoesNotContain(false, layer.Priors);
            else
                Assert.Contains(false, layer.Priors);
        }
    }

    [Fact]
    public void TypesThatTorchSharpMovesByReflectionAreKnown()
    {
        foreach (var type in OperationCatalogue.All.Select(operation => operation.Module).OfType<ModuleType>().Distinct()
            .Where(type => type.Library == ModuleLibrary.Torch && type != ModuleType.Parameter))
        {
            var declared = typeof(nn.Module).Assembly.GetType($"TorchSharp.Modules.{type.Name}", throwOnError: true)!;
            var moves = declared.GetMethods(BindingFlags.Instance | BindingFlags.NonPublic).Where(method => method.Name == "_to")
                .All(method => method.DeclaringType == typeof(nn.Module));
            Assert.Equal(moves, TorchSharpNames.MovesByReflection(type));
        }
    }

    /// <summary>A policy whose layers tell whether they had a prior.</summary>
    private sealed record PriorPolicy : NormPolicy
    {
        public override NormLayer Create(long channels, Device? device = null, ScalarType? dtype = null) =>
            new PriorLayer(Kalman(0.5).Create(channels, device, dtype));

        public override NormPolicy With(double? eps = null, double? momentum = null) => this;

        protected override string Name => "prior";

        protected override IEnumerable<string> Settings() => [];

        public sealed class PriorLayer(NormLayer inner) : NormLayer("PriorLayer", inner.num_features)
        {
            public List<bool> Priors { get; } = [];

            public override (Tensor output, ChannelState? emitted, ChannelState? posterior) forward(Tensor input, ChannelState? prior)
            {
                Priors.Add(prior is not null);
                return inner.call(input, prior);
            }
        }
    }

    /// <summary>What a hook gives in the place of a value has the value's number of dimensions: all after it was built for that.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AHookThatChangesTheNumberOfDimensionsIsToldOf(bool training)
    {
        var @case = GeneratedCase.Inline("""
            network Net(policy: norm = kalman())
            {
                input image[N, 3, 8, 8]
                norm = policy
                x = image -> conv1: conv(8, 3) -> bn1: norm -> relu -> conv2: conv(8, 3) -> bn2: norm -> relu -> avgpool(global) -> flatten
                output x[N, 8]
            }
            """);
        foreach (var policy in Policies)
        {
            using var network = @case.Create("Net", ("policy", policy));
            network.train(training);
            var conv1 = (nn.Module<Tensor, Tensor>)network.named_modules().Single(module => module.name == "conv1").module;
            conv1.register_forward_hook((_, _, output) => output.mean([2, 3]));
            var exception = Record.Exception(() => GeneratedCase.Run(network, randn(2, 3, 8, 8)));
            // TorchSharp says so where no state flows.
            Assert.IsType<ArgumentException>(exception);
            Assert.Contains("Inline/net.knnet:line 5", exception.StackTrace);
            if (training && policy == NormPolicy.Kalman())
                Assert.StartsWith("Conv2d with a weight of [8, 8, 3, 3] takes 4 dimensions, found [2, 8]. A hook", exception.Message);
        }
    }
}
