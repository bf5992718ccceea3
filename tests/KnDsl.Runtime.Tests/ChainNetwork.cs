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
        (var y, state, _) = bn0.forward(t, state?.Through(conv0));
        t.Dispose();
        var value = y.relu();
        var valueState = state?.Relu();
        (y, state, _) = bn1.forward(conv1.call(value), valueState?.Through(conv1));
        var branch = conv2.call(y.relu());
        var branchState = state?.Relu().Through(conv2);
        var shortcut = nn.functional.pad(nn.functional.avg_pool2d(value, [2, 2], [2, 2]), [0, 0, 0, 0, 2, 2]);
        var shortcutState = valueState?.AvgPool([2, 2], [2, 2], [0, 0]).Pad([0, 0, 0, 0, 2, 2]);
        (y, state, _) = bn2.forward(branch + shortcut, ChannelState.Add(branchState, shortcutState));
        var features = nn.functional.adaptive_avg_pool2d(y.relu(), [1, 1]).flatten(1);
        state = state?.Relu().AdaptiveAvgPool([1, 1]).Flatten();
        return (scope.MoveToOuter(fc.call(features)), state?.Through(fc).MoveToOuter(scope));
    }
}
