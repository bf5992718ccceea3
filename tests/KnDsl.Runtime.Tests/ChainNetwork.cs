using TorchSharp.Modules;
using static TorchSharp.torch;

namespace KnDsl.Runtime.Tests;

/// <summary>
/// A residual network written as the generator writes one: pooling, a downsampling shortcut by average pool and channel
/// padding, a sum, a global pool.
/// </summary>
internal sealed class ChainNetwork : nn.Module<Tensor, Tensor>
{
    private readonly Conv2d conv0;
    private readonly NormLayer bn0;
    private readonly Conv2d conv1;
    private readonly NormLayer bn1;
    private readonly Conv2d conv2;
    private readonly NormLayer bn2;
    private readonly Linear fc;

    public ChainNetwork(NormPolicy norm, Device? device = null, ScalarType? dtype = null)
        : base(nameof(ChainNetwork))
    {
        conv0 = nn.Conv2d(1, 4, 3, padding: 1, bias: false, device: device, dtype: dtype);
        bn0 = norm.Create(4, device, dtype);
        conv1 = nn.Conv2d(4, 8, 3, stride: 2, padding: 1, bias: false, device: device, dtype: dtype);
        bn1 = norm.Create(8, device, dtype);
        conv2 = nn.Conv2d(8, 8, 3, padding: 1, bias: false, device: device, dtype: dtype);
        bn2 = norm.Create(8, device, dtype);
        fc = nn.Linear(8, 3, device: device, dtype: dtype);
        RegisterComponents();
    }

    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        return scope.MoveToOuter(forward(x, null).output);
    }

    public (Tensor output, ChannelState? state) forward(Tensor x, ChannelState? state)
    {
        using var scope = NewDisposeScope();
        var t = conv0.call(x);
        (var y, state, _) = bn0.forward(t, state?.Pass(new ConvolutionRule(conv0), t));
        t.Dispose();
        var value = y.relu();
        var valueState = state?.Pass(new ReluRule(), value);
        t = conv1.call(value);
        (y, state, _) = bn1.forward(t, valueState?.Pass(new ConvolutionRule(conv1), t));
        t = y.relu();
        var branch = conv2.call(t);
        var branchState = state?.Pass(new ReluRule(), t).Pass(new ConvolutionRule(conv2), branch);
        var pooled = nn.functional.avg_pool2d(value, [2, 2], [2, 2]);
        var shortcut = nn.functional.pad(pooled, [0, 0, 0, 0, 2, 2]);
        var shortcutState = valueState?
            .Pass(new AvgPoolRule([2, 2], [2, 2], [0, 0]), pooled).Pass(new PadRule([0, 0, 0, 0, 2, 2]), shortcut);
        t = branch + shortcut;
        (y, state, _) = bn2.forward(t, ChannelState.Join(new SumRule(), t, branchState, shortcutState));
        t = y.relu();
        pooled = nn.functional.adaptive_avg_pool2d(t, [1, 1]);
        var features = pooled.flatten(1);
        var output = fc.call(features);
        state = state?.Pass(new ReluRule(), t).Pass(new AdaptiveAvgPoolRule([1, 1]), pooled).Pass(new FlattenRule(), features)
            .Pass(new LinearRule(fc), output);
        return (scope.MoveToOuter(output), state?.MoveToOuter(scope));
    }
}
