using TorchSharp.Modules;
using static TorchSharp.torch;

namespace KnDsl.Benchmarks;

/// <summary>
/// Residual networks written by hand as the generator writes them: post-activation with projected shortcuts (ResNet-18),
/// or pre-activation with pooled and padded ones (the Fashion-MNIST network).
/// </summary>
internal sealed class ResidualNetwork : nn.Module<Tensor, Tensor>
{
    private readonly bool _preactivation;
    private readonly Conv2d conv1;
    private readonly NormLayer bn1;
    private readonly ModuleList<Unit> layers = [];
    private readonly NormLayer? last;
    private readonly Linear fc;

    private ResidualNetwork(NormPolicy norm, long channels, long[] widths, bool preactivation, bool stem)
        : base(nameof(ResidualNetwork))
    {
        _preactivation = preactivation;
        HasStem = stem;
        conv1 = stem
            ? nn.Conv2d(channels, widths[0], 7, stride: 2, padding: 3, bias: false)
            : nn.Conv2d(channels, widths[0], 3, padding: 1, bias: false);
        bn1 = norm.Create(widths[0]);
        var from = widths[0];
        foreach (var width in widths)
            for (var unit = 0; unit < 2; unit++)
            {
                layers.Add(new Unit(norm, from, width, preactivation, isFirst: layers.Count == 0));
                from = width;
            }

        if (preactivation)
            last = norm.Create(from);
        fc = nn.Linear(from, 10);
        RegisterComponents();
    }

    private bool HasStem { get; }

    public static ResidualNetwork ResNet18(NormPolicy norm) => new(norm, 3, [64, 128, 256, 512], false, stem: true);

    public static ResidualNetwork FashionMnist(NormPolicy norm) => new(norm, 1, [8, 16, 32], true, stem: false);

    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var t = conv1.call(x);
        var (value, state, _) = bn1.forward(t, null);
        t.Dispose();
        value = Relu(value);
        state = state?.Pass(new ReluRule(), value);
        if (HasStem)
        {
            value = Replace(value, nn.functional.max_pool2d(value, [3, 3], [2, 2], [1, 1]));
            state = state?.Pass(new MaxPoolRule([3, 3], [2, 2], [1, 1]), value);
        }

        foreach (var unit in layers)
            (value, state) = unit.forward(value, state);
        if (last is not null)
        {
            (var normalized, _, _) = last.forward(value, state);
            value = Relu(Replace(value, normalized));
        }

        return scope.MoveToOuter(fc.call(value.mean([2, 3])));
    }

    /// <summary>Folds every norm that follows a convolution.</summary>
    public void Fold()
    {
        if (bn1.CanFold)
            bn1.FoldInto(conv1);
        foreach (var unit in layers)
            unit.Fold(_preactivation);
    }

    private static Tensor Relu(Tensor value) => Replace(value, value.relu());

    private static Tensor Replace(Tensor old, Tensor value)
    {
        old.Dispose();
        return value;
    }

    private sealed class Unit : nn.Module<Tensor, Tensor>
    {
        private readonly bool _preactivation;
        private readonly NormLayer? bn0;
        private readonly Conv2d conv1;
        private readonly NormLayer bn1;
        private readonly Conv2d conv2;
        private readonly NormLayer? bn2;
        private readonly Conv2d? downsample;
        private readonly NormLayer? bn3;

        public Unit(NormPolicy norm, long from, long to, bool preactivation, bool isFirst)
            : base(nameof(Unit))
        {
            _preactivation = preactivation;
            if (preactivation && !isFirst)
                bn0 = norm.Create(from);
            conv1 = nn.Conv2d(from, to, 3, stride: from == to ? 1 : 2, padding: 1, bias: false);
            bn1 = norm.Create(to);
            conv2 = nn.Conv2d(to, to, 3, padding: 1, bias: false);
            if (!preactivation)
                bn2 = norm.Create(to);
            if (!preactivation && from != to)
            {
                downsample = nn.Conv2d(from, to, 1, stride: 2, bias: false);
                bn3 = norm.Create(to);
            }

            RegisterComponents();
        }

        public override Tensor forward(Tensor x) => forward(x, null).Item1;

        public (Tensor, ChannelState?) forward(Tensor x, ChannelState? xState)
        {
            using var scope = NewDisposeScope();
            var (value, state, shortcutState) = (x.alias(), xState, xState);
            if (bn0 is not null)
            {
                (value, state, shortcutState) = bn0.forward(x, xState);
                value = Relu(value);
                state = state?.Pass(new ReluRule(), value);
            }

            (value, state, _) = Normalize(bn1, conv1, value, state);
            value = Relu(value);
            state = state?.Pass(new ReluRule(), value);
            if (bn2 is null)
            {
                (var output, state) = conv2.call(value, state);
                value = Replace(value, output);
            }
            else
                (value, state, _) = Normalize(bn2, conv2, value, state);

            var shortcut = x.alias();
            if (downsample is not null && bn3 is not null)
                (shortcut, shortcutState, _) = Normalize(bn3, downsample, shortcut, shortcutState);
            else if (conv1.stride[0] == 2)
                (shortcut, shortcutState) = PoolAndPad(shortcut, shortcutState);

            value = Replace(value, value + shortcut);
            state = ChannelState.Join(new SumRule(), value, state, shortcutState);
            if (!_preactivation)
            {
                value = Relu(value);
                state = state?.Pass(new ReluRule(), value);
            }

            return (scope.MoveToOuter(value), state?.MoveToOuter(scope));
        }

        public void Fold(bool preactivation)
        {
            if (bn1.CanFold)
                bn1.FoldInto(conv1);
            if (preactivation)
                return;
            if (bn2 is { CanFold: true })
                bn2.FoldInto(conv2);
            if (downsample is not null && bn3 is { CanFold: true })
                bn3.FoldInto(downsample);
        }

        private static (Tensor, ChannelState?, ChannelState?) Normalize(
            NormLayer norm, Conv2d conv, Tensor value, ChannelState? state)
        {
            using var scope = NewDisposeScope();
            var (convolved, prior) = conv.call(value, state);
            var (output, emitted, posterior) = norm.forward(convolved, prior);
            scope.MoveToOuter(output);
            value.Dispose();
            return (output, emitted?.MoveToOuter(scope), posterior?.MoveToOuter(scope));
        }

        private (Tensor, ChannelState?) PoolAndPad(Tensor value, ChannelState? state)
        {
            long half = (conv1.out_channels - conv1.in_channels) / 2;
            long[] pad = [0, 0, 0, 0, half, half];
            using var pooled = nn.functional.avg_pool2d(value, [2, 2], [2, 2]);
            var padded = Replace(value, nn.functional.pad(pooled, pad));
            return (padded, state?.Pass(new AvgPoolRule([2, 2], [2, 2], [0, 0]), pooled).Pass(new PadRule(pad), padded));
        }
    }
}
