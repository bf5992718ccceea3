using System.Linq;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace KnDsl.Benchmarks;

/// <summary>ResNet-50 (tests/Cases/published/ResNet50) as one would write it, with native batch normalization.</summary>
internal sealed class HandwrittenResNet50 : nn.Module<Tensor, Tensor>
{
    private readonly Conv2d conv1;
    private readonly BatchNorm2d bn1;
    private readonly Sequential layer1;
    private readonly Sequential layer2;
    private readonly Sequential layer3;
    private readonly Sequential layer4;
    private readonly Linear fc;

    internal HandwrittenResNet50(int classes = 1000)
        : base(nameof(HandwrittenResNet50))
    {
        conv1 = nn.Conv2d(3, 64, 7, stride: 2, padding: 3, bias: false);
        bn1 = nn.BatchNorm2d(64);
        layer1 = Stage(64, 64, blocks: 3, stride: 1);
        layer2 = Stage(256, 128, blocks: 4, stride: 2);
        layer3 = Stage(512, 256, blocks: 6, stride: 2);
        layer4 = Stage(1024, 512, blocks: 3, stride: 2);
        fc = nn.Linear(2048, classes);
        RegisterComponents();
    }

    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        x = max_pool2d(relu(bn1.call(conv1.call(x))), 3, stride: 2, padding: 1);
        x = layer4.call(layer3.call(layer2.call(layer1.call(x))));
        return scope.MoveToOuter(fc.call(adaptive_avg_pool2d(x, 1).flatten(1)));
    }

    private static Sequential Stage(int channelsIn, int width, int blocks, int stride) => nn.Sequential(
        Enumerable.Range(0, blocks).Select(block => ($"{block}", (nn.Module<Tensor, Tensor>)new Bottleneck(
            block == 0 ? channelsIn : 4 * width, width, block == 0 ? stride : 1))));

    private sealed class Bottleneck : nn.Module<Tensor, Tensor>
    {
        private readonly Conv2d conv1;
        private readonly BatchNorm2d bn1;
        private readonly Conv2d conv2;
        private readonly BatchNorm2d bn2;
        private readonly Conv2d conv3;
        private readonly BatchNorm2d bn3;
        private readonly Sequential? downsample;

        internal Bottleneck(int channelsIn, int width, int stride)
            : base(nameof(Bottleneck))
        {
            conv1 = nn.Conv2d(channelsIn, width, 1, bias: false);
            bn1 = nn.BatchNorm2d(width);
            conv2 = nn.Conv2d(width, width, 3, stride: stride, padding: 1, bias: false);
            bn2 = nn.BatchNorm2d(width);
            conv3 = nn.Conv2d(width, 4 * width, 1, bias: false);
            bn3 = nn.BatchNorm2d(4 * width);
            if (stride != 1 || channelsIn != 4 * width)
            {
                downsample = nn.Sequential(
                    nn.Conv2d(channelsIn, 4 * width, 1, stride: stride, bias: false), nn.BatchNorm2d(4 * width));
            }

            RegisterComponents();
        }

        public override Tensor forward(Tensor x)
        {
            using var scope = NewDisposeScope();
            var y = relu(bn1.call(conv1.call(x)));
            y = bn3.call(conv3.call(relu(bn2.call(conv2.call(y)))));
            return scope.MoveToOuter(relu(y + (downsample?.call(x) ?? x)));
        }
    }
}
