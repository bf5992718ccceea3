using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace KnDsl.Benchmarks;

/// <summary>The sample's network (Samples/FashionMnist/ResNetCifar.knnet) as one would write it, with native batch normalization.</summary>
internal sealed class HandwrittenResNetCifar : nn.Module<Tensor, Tensor>
{
    private readonly Conv2d stem;
    private readonly Sequential units;
    private readonly BatchNorm2d norm;
    private readonly Linear fc;

    internal HandwrittenResNetCifar(int width = 8, int classes = 10)
        : base(nameof(HandwrittenResNetCifar))
    {
        stem = nn.Conv2d(1, width, 3, padding: 1, bias: false);
        units = nn.Sequential(
            new Unit(width, width, 1), new Unit(width, width, 1), new Unit(width, 2 * width, 2),
            new Unit(2 * width, 2 * width, 1), new Unit(2 * width, 4 * width, 2), new Unit(4 * width, 4 * width, 1));
        norm = nn.BatchNorm2d(4 * width);
        fc = nn.Linear(4 * width, classes);
        RegisterComponents();
    }

    public override Tensor forward(Tensor image)
    {
        using var scope = NewDisposeScope();
        var x = relu(norm.call(units.call(stem.call(image))));
        return scope.MoveToOuter(fc.call(adaptive_avg_pool2d(x, 1).flatten(1)));
    }

    private sealed class Unit : nn.Module<Tensor, Tensor>
    {
        private readonly BatchNorm2d norm1;
        private readonly Conv2d conv1;
        private readonly BatchNorm2d norm2;
        private readonly Conv2d conv2;
        private readonly int stride;
        private readonly int added;

        internal Unit(int channelsIn, int channels, int stride)
            : base(nameof(Unit))
        {
            (this.stride, added) = (stride, channels - channelsIn);
            norm1 = nn.BatchNorm2d(channelsIn);
            conv1 = nn.Conv2d(channelsIn, channels, 3, stride: stride, padding: 1, bias: false);
            norm2 = nn.BatchNorm2d(channels);
            conv2 = nn.Conv2d(channels, channels, 3, padding: 1, bias: false);
            RegisterComponents();
        }

        public override Tensor forward(Tensor x)
        {
            using var scope = NewDisposeScope();
            var y = conv2.call(relu(norm2.call(conv1.call(relu(norm1.call(x))))));
            var shortcut = stride != 1 || added != 0 ? pad(avg_pool2d(x, stride), [0, 0, 0, 0, 0, added]) : x;
            return scope.MoveToOuter(y + shortcut);
        }
    }
}
