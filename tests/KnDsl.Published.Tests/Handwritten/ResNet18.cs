using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace KnDsl.Published.Tests.Handwritten;

/// <summary>ResNet-18 written against TorchSharp with its native batch normalization.</summary>
internal sealed class ResNet18 : nn.Module<Tensor, Tensor>
{
    private readonly Conv2d conv1;
    private readonly BatchNorm2d bn1;
    private readonly Sequential layer1;
    private readonly Sequential layer2;
    private readonly Sequential layer3;
    private readonly Sequential layer4;
    private readonly Linear fc;

    internal ResNet18(int classes = 1000)
        : base(nameof(ResNet18))
    {
        conv1 = nn.Conv2d(3, 64, 7, stride: 2, padding: 3, bias: false);
        bn1 = nn.BatchNorm2d(64);
        layer1 = nn.Sequential(("0", new BasicBlock(64, 64, 1)), ("1", new BasicBlock(64, 64, 1)));
        layer2 = nn.Sequential(("0", new BasicBlock(64, 128, 2)), ("1", new BasicBlock(128, 128, 1)));
        layer3 = nn.Sequential(("0", new BasicBlock(128, 256, 2)), ("1", new BasicBlock(256, 256, 1)));
        layer4 = nn.Sequential(("0", new BasicBlock(256, 512, 2)), ("1", new BasicBlock(512, 512, 1)));
        fc = nn.Linear(512, classes);
        RegisterComponents();
    }

    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        x = max_pool2d(relu(bn1.call(conv1.call(x))), 3, stride: 2, padding: 1);
        x = layer4.call(layer3.call(layer2.call(layer1.call(x))));
        return scope.MoveToOuter(fc.call(adaptive_avg_pool2d(x, 1).flatten(1)));
    }

    private sealed class BasicBlock : nn.Module<Tensor, Tensor>
    {
        private readonly Conv2d conv1;
        private readonly BatchNorm2d bn1;
        private readonly Conv2d conv2;
        private readonly BatchNorm2d bn2;
        private readonly Sequential? downsample;

        internal BasicBlock(int channelsIn, int channels, int stride)
            : base(nameof(BasicBlock))
        {
            conv1 = nn.Conv2d(channelsIn, channels, 3, stride: stride, padding: 1, bias: false);
            bn1 = nn.BatchNorm2d(channels);
            conv2 = nn.Conv2d(channels, channels, 3, padding: 1, bias: false);
            bn2 = nn.BatchNorm2d(channels);
            if (stride != 1 || channelsIn != channels)
            {
                downsample = nn.Sequential(
                    nn.Conv2d(channelsIn, channels, 1, stride: stride, bias: false), nn.BatchNorm2d(channels));
            }

            RegisterComponents();
        }

        public override Tensor forward(Tensor x)
        {
            using var scope = NewDisposeScope();
            var y = bn2.call(conv2.call(relu(bn1.call(conv1.call(x)))));
            return scope.MoveToOuter(relu(y + (downsample?.call(x) ?? x)));
        }
    }
}
