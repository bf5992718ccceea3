using System.Linq;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace KnDsl.Generator.Tests;

/// <summary>
/// Generated forward passes against the same computation written by hand on the same modules: values and gradients, under
/// TorchSharp's own batch normalization, and under Kalman normalization with the states handed on by hand.
/// </summary>
public sealed class FidelityTests : TorchTest
{
    /// <summary>A norm stage: output, emitted state, posterior.</summary>
    private delegate (Tensor Output, ChannelState? Emitted, ChannelState? Posterior) NormStage(NormLayer layer, Tensor input,
        ChannelState? prior);

    private static (Tensor, ChannelState?, ChannelState?) Layer(NormLayer layer, Tensor input, ChannelState? prior) =>
        layer.forward(input, prior);

    private static (Tensor, ChannelState?, ChannelState?) Native(NormLayer layer, Tensor input, ChannelState? prior)
    {
        var (mean, variance) = (layer.get_buffer("running_mean")!.clone(), layer.get_buffer("running_var")!.clone());
        return (batch_norm(input, mean, variance, layer.get_parameter("weight"), layer.get_parameter("bias"), layer.training, 0.1,
            1e-5), null, null);
    }

    public static TheoryData<string, string> Everything
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var name in new[] { "Branch", "PreActivation", "Concat", "Loop" })
            {
                foreach (var policy in new[] { "native", "kalman", "micro-batches", "none" })
                    data.Add(name, policy);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Everything))]
    public void EqualsTheSameByHand(string name, string kind)
    {
        var @case = GeneratedCase.Of(name);
        var policy = kind switch
        {
            "native" => NormPolicy.Batch(),
            "kalman" => NormPolicy.Kalman(),
            "micro-batches" => NormPolicy.Kalman(0.1, 2),
            _ => NormPolicy.None(),
        };
        NormStage norm = kind == "native" ? Native : Layer;
        using var network = @case.CreateNetwork(policy, dtype: ScalarType.Float64);
        using (no_grad())
        {
            var ofNorms = network.named_parameters().Where(entry => entry.name.Contains("norm") || entry.name.Contains("bn"));
            foreach (var (_, parameter) in ofNorms)
                parameter.add_(randn_like(parameter), 0.3);
        }

        var image = @case.Inputs(dtype: ScalarType.Float64).Single();

        foreach (var training in new[] { false, true })
        {
            network.train(training);
            var expected = ByHand(name, network, image, norm);
            var expectedGradients = Gradients(network, expected);
            var actual = GeneratedCase.Run(network, image).Single();
            Close(expected, actual, 1e-12, training ? "training" : "inference");
            foreach (var ((key, a), (_, b)) in expectedGradients.Zip(Gradients(network, actual)))
                Close(a, b, 1e-10, key);
        }
    }

    private static (string, Tensor)[] Gradients(nn.Module network, Tensor output)
    {
        network.zero_grad();
        (output * output).sum().backward();
        return [.. network.named_parameters().Select(entry => (entry.name, entry.parameter.grad!.clone()))];
    }

    private static Tensor ByHand(string name, nn.Module network, Tensor image, NormStage norm) => name switch
    {
        "Branch" => Branch(network, image, norm),
        "PreActivation" => PreActivation(network, image, norm),
        "Concat" => Mixtures(network, image, norm),
        _ => Dense(network, image, norm),
    };

    private static (Tensor, ChannelState?) NormRelu(NormStage norm, NormLayer layer, Tensor x, ChannelState? state)
    {
        var (y, emitted, _) = norm(layer, x, state);
        y = relu(y);
        return (y, emitted?.Pass(new ReluRule(), y));
    }

    private static (Tensor, ChannelState?) Convolve(Conv2d conv, Tensor x, ChannelState? state)
    {
        var y = conv.call(x);
        return (y, state?.Pass(new ConvolutionRule(conv), y));
    }

    private static (Tensor, ChannelState?) ConvNormRelu(NormStage norm, Conv2d conv, NormLayer layer, Tensor x, ChannelState? state)
    {
        var (y, s) = Convolve(conv, x, state);
        return NormRelu(norm, layer, y, s);
    }

    // ---- Branch --------------------------------------------------------------------------------------------------

    private static Tensor Branch(object made, Tensor image, NormStage norm)
    {
        dynamic network = made;
        var (x, state) = Bottleneck((object)network.first, image, null, norm);
        (x, state) = Bottleneck((object)network.second, x, state, norm);
        (x, state) = Bottleneck((object)network.third, x, state, norm);
        return ((Linear)network.fc).call(x.mean([2, 3]));
    }

    private static (Tensor, ChannelState?) Bottleneck(object made, Tensor x, ChannelState? state, NormStage norm)
    {
        dynamic block = made;
        var (conv1, conv2, conv3) = ((Conv2d)block.conv1, (Conv2d)block.conv2, (Conv2d)block.conv3);
        var (y, s) = ConvNormRelu(norm, conv1, (NormLayer)block.bn1, x, state);
        (y, s) = ConvNormRelu(norm, conv2, (NormLayer)block.bn2, y, s);
        (y, s) = Convolve(conv3, y, s);
        (y, s, _) = norm((NormLayer)block.bn3, y, s);
        var (shortcut, shortcutState) = (x, state);
        if (block.downsample is not null)
        {
            (shortcut, shortcutState) = Convolve((Conv2d)block.downsample._0, x, state);
            (shortcut, shortcutState, _) = norm((NormLayer)block.downsample._1, shortcut, shortcutState);
        }
        y += shortcut;
        var output = relu(y);
        return (output, ChannelState.Join(new SumRule(), y, s, shortcutState)?.Pass(new ReluRule(), output));
    }

    // ---- PreActivation: the shortcut reads the posterior ---------------------------------------------------------

    private static Tensor PreActivation(object made, Tensor image, NormStage norm)
    {
        dynamic network = made;
        var x = ((Conv2d)network.stem).call(image);
        ChannelState? state = null;
        foreach (var unit in network.stage1)
            (x, state) = Unit((object)unit, x, state, 1, norm);
        var stride = 2;
        foreach (var unit in network.stage2)
        {
            (x, state) = Unit((object)unit, x, state, stride, norm);
            stride = 1;
        }
        (x, _) = NormRelu(norm, (NormLayer)network.norm, x, state);
        return ((Linear)network.fc).call(x.mean([2, 3]));
    }

    private static (Tensor, ChannelState?) Unit(object made, Tensor x, ChannelState? state, int stride, NormStage norm)
    {
        dynamic unit = made;
        var (conv1, conv2) = ((Conv2d)unit.conv1, (Conv2d)unit.conv2);
        var (y, s, posterior) = norm((NormLayer)unit.norm1, x, state);
        y = relu(y);
        s = s?.Pass(new ReluRule(), y);
        (y, s) = ConvNormRelu(norm, conv1, (NormLayer)unit.norm2, y, s);
        (y, s) = Convolve(conv2, y, s);
        var (shortcut, shortcutState) = (x, posterior);
        if (stride != 1)
        {
            var added = y.shape[1] - x.shape[1];
            var pooled = avg_pool2d(x, 2);
            shortcut = cat([pooled, zeros(x.shape[0], added, y.shape[2], y.shape[3], dtype: x.dtype)], 1);
            shortcutState = posterior?.Pass(new AvgPoolRule([2, 2], [2, 2], [0, 0]), pooled)
                .Pass(new PadRule([0, 0, 0, 0, 0, added], 0), shortcut);
        }
        y += shortcut;
        return (y, ChannelState.Join(new SumRule(), y, s, shortcutState));
    }

    // ---- Concat --------------------------------------------------------------------------------------------------

    private static Tensor Mixtures(object made, Tensor image, NormStage norm)
    {
        dynamic network = made;
        var mixed = network.mixed;
        var (a, _) = ConvNorm((object)mixed.branch1, image, null, norm);
        var (b, bState) = ConvNorm((object)mixed.branch2[0], image, null, norm);
        (b, _) = ConvNorm((object)mixed.branch2[1], b, bState, norm);
        var (c, _) = ConvNorm((object)mixed.branch3._1, max_pool2d(image, 3, 1, 1), null, norm);
        // The image has no state, so what it is joined to has none either.
        var x = cat([(Tensor)a, b, (Tensor)c, image], 1);
        var (down, _, _) = norm((NormLayer)network.bn, ((Conv2d)network.down).call(x), null);
        var y = cat([max_pool2d(x, 2), down], 1);
        var z = y + ((Conv2d)network.gate).call(y).sigmoid() * y;
        return ((nn.Module<Tensor, Tensor>)network.@out).call(z);
    }

    private static (Tensor, ChannelState?) ConvNorm(object made, Tensor x, ChannelState? state, NormStage norm)
    {
        dynamic block = made;
        return ConvNormRelu(norm, (Conv2d)block.conv, (NormLayer)block.bn, x, state);
    }

    // ---- Loop ----------------------------------------------------------------------------------------------------

    private static Tensor Dense(object made, Tensor image, NormStage norm)
    {
        dynamic network = made;
        var (x, state) = DenseBlock((object)network.dense1, ((Conv2d)network.conv0).call(image), null, norm);
        var conv = (Conv2d)network.transition.conv;
        (x, state) = NormRelu(norm, (NormLayer)network.transition.norm, x, state);
        (x, state) = Convolve(conv, x, state);
        x = avg_pool2d(x, 2);
        state = state?.Pass(new AvgPoolRule([2, 2], [2, 2], [0, 0]), x);
        (x, state) = DenseBlock((object)network.dense2, x, state, norm);
        (x, _) = NormRelu(norm, (NormLayer)network.norm, x, state);
        return ((Linear)network.classifier).call(x.mean([2, 3]));
    }

    private static (Tensor, ChannelState?) DenseBlock(object made, Tensor x, ChannelState? state, NormStage norm)
    {
        dynamic block = made;
        foreach (var layer in block.denselayer)
        {
            var (conv1, conv2) = ((Conv2d)layer.conv1, (Conv2d)layer.conv2);
            (var y, var s, state) = norm((NormLayer)layer.norm1, x, state);
            y = relu(y);
            (y, s) = ConvNormRelu(norm, conv1, (NormLayer)layer.norm2, y, s?.Pass(new ReluRule(), y));
            (y, s) = Convolve(conv2, y, s);
            x = cat([x, y], 1);
            state = ChannelState.Join(new ConcatRule(), x, state, s);
        }
        return (x, state);
    }
}
