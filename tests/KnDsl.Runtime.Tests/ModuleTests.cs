using System;
using System.Collections.Generic;
using System.Linq;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Runtime.Tests;

/// <summary>Modules that operations of the language have for themselves, against the formulas of their papers.</summary>
public sealed class ModuleTests : TorchTest
{
    private static void Fill(nn.Module module)
    {
        using var _ = no_grad();
        foreach (var parameter in module.parameters())
            parameter.copy_(randn_like(parameter));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    [InlineData(3)]
    public void LayerNormOfChannelsWhereverTheyAre(long axis)
    {
        var x = Random(2, 4, 3, 4);
        using var module = new ChannelLayerNorm(4, axis, 1e-3, dtype: float64);
        Fill(module);
        var last = axis == 1 ? x.permute(0, 2, 3, 1) : x;
        var (mean, variance) = (last.mean([3], keepdim: true), last.var([3], unbiased: false, keepdim: true));
        var expected = (last - mean) / (variance + 1e-3).sqrt() * module.weight + module.bias;
        Close(axis == 1 ? expected.permute(0, 3, 1, 2) : expected, module.call(x), 1e-10);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public void RmsNormOfChannelsWhereverTheyAre(long axis)
    {
        var x = Random(2, 4, 3, 4);
        using var module = new ChannelRmsNorm(4, axis, 1e-3, dtype: float64);
        Fill(module);
        var last = axis == 1 ? x.permute(0, 2, 3, 1) : x;
        var expected = last / (last.square().mean([3], keepdim: true) + 1e-3).sqrt() * module.weight;
        Close(axis == 1 ? expected.permute(0, 3, 1, 2) : expected, module.call(x), 1e-10);
    }

    /// <summary>Squares and norms of numbers that 16 bits can hold are beyond them.</summary>
    [Theory]
    [InlineData(ScalarType.Float16)]
    [InlineData(ScalarType.BFloat16)]
    public void LargeValuesOfSixteenBitsAreNormalized(ScalarType type)
    {
        Func<ScalarType, nn.Module<Tensor, Tensor>>[] modules =
        [
            of => new ChannelRmsNorm(4, 1, dtype: of), of => new ChannelLayerNorm(4, 1, dtype: of),
            of => new GlobalResponseNormLayer(4, 1, dtype: of),
        ];
        var x = (randn(2, 4, 16, 16) * 5000).to(type);
        foreach (var make in modules)
        {
            using var narrow = make(type);
            using var wide = make(float32);
            using (no_grad())
            {
                foreach (var (one, other) in narrow.parameters().Zip(wide.parameters()))
                    other.copy_(one.fill_(0.5));
            }

            var found = narrow.call(x);
            Assert.Equal(type, found.dtype);
            Close(wide.call(x.to(float32)), found.to(float32), type == ScalarType.Float16 ? 4e-3 : 3e-2, narrow.GetName());
        }
    }

    [Fact]
    public void ABatchWithoutSamplesPassesInInference()
    {
        var image = zeros(0, 4, 6, 6);
        var last = zeros(0, 5, 7, 8);
        foreach (var graph in new[] { true, false })
        {
            using var mode = graph ? enable_grad() : no_grad();
            foreach (var shift in new long[][] { [0, 0], [1, 1] })
                Passes(new WindowAttentionLayer(8, 2, [2, 2], shift), last);
            Passes(new ChannelLayerNorm(4, 1), image);
            Passes(new ChannelRmsNorm(4, 1), image);
            Passes(new GlobalResponseNormLayer(4), image);
            Passes(new LayerScale(4), image);
            using var attention = new AttentionLayer(8, 2);
            attention.eval();
            var tokens = zeros(0, 5, 8);
            Assert.Equal([0, 5, 8], attention.call(tokens, tokens).shape);
            Assert.Equal([0, 5, 8], attention.call(tokens, zeros(0, 3, 8)).shape);
            Assert.Equal(image.shape, Operations.local_response_norm(image, 3).shape);
            Assert.Equal(image.shape, Operations.channel_shuffle(image, 2).shape);
            Assert.Equal([0, 4, 2, 2, 2], Operations.adaptive_max_pool3d(zeros([0, 4, 5, 5, 5]), [2, 2, 2]).shape);
            Assert.Equal(image.shape, Operations.stochastic_depth(image, 0.5, training: true).shape);
        }

        static void Passes(nn.Module<Tensor, Tensor> module, Tensor x)
        {
            module.eval();
            Assert.Equal(x.shape, module.call(x).shape);
            module.Dispose();
        }
    }

    [Fact]
    public void LocalResponseNormIsTorchs()
    {
        var x = randn(2, 6, 4, 4);
        Close(nn.functional.local_response_norm(x, 3, 0.1, 0.5, 2), Operations.local_response_norm(x, 3, 0.1, 0.5, 2), 0);
    }

    public static TheoryData<string> All => [.. Modules.Keys];

    private static readonly Dictionary<string, Func<nn.Module>> Modules = new()
    {
        [nameof(AttentionLayer)] = () => new AttentionLayer(8, 2),
        [nameof(WindowAttentionLayer)] = () => new WindowAttentionLayer(8, 2, [2, 2], [1, 1]),
        [nameof(ChannelLayerNorm)] = () => new ChannelLayerNorm(4),
        [nameof(ChannelRmsNorm)] = () => new ChannelRmsNorm(4),
        [nameof(GlobalResponseNormLayer)] = () => new GlobalResponseNormLayer(4),
        [nameof(LayerScale)] = () => new LayerScale(4),
        ["learned kalman"] = () => NormPolicy.Kalman(Gain.Learned(), transition: Transition.Learned).Create(4),
        ["per sample"] = () => NormPolicy.InstanceKalman().Create(4),
        ["renorm"] = () => NormPolicy.Renorm().Create(4),
        ["group"] = () => NormPolicy.Group(2).Create(4),
    };

    [Theory]
    [MemberData(nameof(All))]
    public void AModuleOutlivesTheScopeInWhichItIsMade(string name)
    {
        nn.Module module;
        using (NewDisposeScope())
            module = Modules[name]();
        using var other = Modules[name]();
        // What is disposed of is left out of it.
        Assert.Equal(other.state_dict().Keys, module.state_dict().Keys);
        foreach (var tensor in module.state_dict().Values)
            Assert.False(tensor.IsInvalid);
        module.Dispose();
    }

    [Fact]
    public void EveryModuleIsAmongThem() => Assert.All(
        typeof(LayerScale).Assembly.GetExportedTypes().Where(type =>
            !type.IsAbstract && type.IsSubclassOf(typeof(nn.Module)) && !type.IsSubclassOf(typeof(NormLayer))),
        type => Assert.Contains(type.Name, Modules.Keys));

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public void GlobalResponseNormIsThePapers(long axis)
    {
        var x = Random(2, 4, 3, 4);
        using var module = new GlobalResponseNormLayer(4, axis, dtype: float64);
        Close(x, module.call(x), 1e-10);
        Fill(module);
        var last = axis == 1 ? x.permute(0, 2, 3, 1) : x;
        var norm = last.square().sum([1, 2], keepdim: true).sqrt();
        var expected = module.gamma.view(4) * (last * norm / (norm.mean([3], keepdim: true) + 1e-6)) + module.beta.view(4) + last;
        Close(axis == 1 ? expected.permute(0, 3, 1, 2) : expected, module.call(x), 1e-10);
    }

    /// <summary>TorchSharp's module has the batch second, and the same names.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AttentionIsTorchs(bool toItself)
    {
        var x = Random(2, 5, 8);
        var memory = toItself ? x : Random(2, 7, 8);
        using var module = new AttentionLayer(8, 2, dtype: float64);
        Fill(module);
        using var other = nn.MultiheadAttention(8, 2).to(float64);
        other.load_state_dict(module.state_dict());
        var (query, keys) = (x.transpose(0, 1), memory.transpose(0, 1));
        var expected = other.call(query, keys, keys, null, false, null).Item1.transpose(0, 1);
        Close(expected, module.call(x, memory), 1e-10);
    }

    [Fact]
    public void AttentionMayHaveNoBiases()
    {
        using var module = new AttentionLayer(8, 2, bias: false);
        Assert.Equal(["in_proj_weight", "out_proj.weight"], module.named_parameters().Select(parameter => parameter.name));
        Assert.Equal([2, 5, 8], module.call(randn(2, 5, 8), randn(2, 3, 8)).shape);
        Assert.Throws<System.ArgumentException>(() => new AttentionLayer(8, 3));
    }

    /// <summary>As from a file, so from C#: what cannot be is refused where it is given, by its name.</summary>
    [Fact]
    public void ArgumentsOutOfTheirRangeAreRefusedByName()
    {
        Refused("features", () => new AttentionLayer(0, 1));
        Refused("dropout", () => new AttentionLayer(8, 2, dropout: 1));
        Refused("channels", () => new WindowAttentionLayer(0, 1, [2, 2], [0, 0]));
        Refused("window", () => new WindowAttentionLayer(8, 2, [2, 0], [0, 0]));
        Refused("shift", () => new WindowAttentionLayer(8, 2, [2, 2], [0, -1]));
        Refused("dropout", () => new WindowAttentionLayer(8, 2, [2, 2], [0, 0], dropout: -0.1));
        Refused("channels", () => new ChannelLayerNorm(0));
        Refused("eps", () => new ChannelLayerNorm(4, eps: 0));
        Refused("channels", () => new ChannelRmsNorm(-1));
        Refused("eps", () => new ChannelRmsNorm(4, eps: double.NaN));
        Refused("channels", () => new GlobalResponseNormLayer(0));
        Refused("axis", () => new GlobalResponseNormLayer(4, axis: 4));
        Refused("eps", () => new GlobalResponseNormLayer(4, eps: -1));
        Refused("channels", () => new LayerScale(0));

        static void Refused(string argument, System.Func<nn.Module> make) =>
            Assert.Equal(argument, Assert.Throws<System.ArgumentOutOfRangeException>(make).ParamName);
    }

    /// <summary>Without a shift and with equal biases for all distances, each window attends to itself.</summary>
    [Fact]
    public void WindowsThatAreNotShiftedAttendToThemselves()
    {
        var x = Random(2, 4, 6, 8);
        using var module = new WindowAttentionLayer(8, 2, [2, 3], [0, 0], dtype: float64);
        Fill(module);
        using var attention = new AttentionLayer(8, 2, dtype: float64);
        using (no_grad())
        {
            module.relative_position_bias_table.fill_(0.7);
            attention.in_proj_weight.copy_(module.qkv.weight!);
            attention.in_proj_bias!.copy_(module.qkv.bias!);
            attention.out_proj.weight!.copy_(module.proj.weight!);
            attention.out_proj.bias!.copy_(module.proj.bias!);
        }
        var actual = module.call(x);
        for (var row = 0; row < 4; row += 2)
        {
            for (var column = 0; column < 6; column += 3)
            {
                var window = x.slice(1, row, row + 2, 1).slice(2, column, column + 3, 1).reshape(2, 6, 8);
                var part = actual.slice(1, row, row + 2, 1).slice(2, column, column + 3, 1);
                Close(attention.call(window, window), part.reshape(2, 6, 8), 1e-10);
            }
        }
    }

    /// <summary>Shifted by half a window, a position sees its window of the shifted image, and nothing from the other end.</summary>
    [Fact]
    public void ShiftedWindowsDoNotSeeTheOtherEnd()
    {
        using var module = new WindowAttentionLayer(8, 2, [2, 2], [1, 1], dtype: float64);
        var x = Random(1, 4, 4, 8);
        var before = module.call(x);
        var changed = x.clone();
        changed[0, 3, 3] += 5;
        var moved = (module.call(changed) - before).abs().sum([0, 3]);
        var seen = moved.gt(1e-9);
        // The last row and column make windows of their own behind the shift.
        Assert.True(seen[3, 3].item<bool>());
        Assert.Equal(1, seen.sum().item<long>());
    }
}
