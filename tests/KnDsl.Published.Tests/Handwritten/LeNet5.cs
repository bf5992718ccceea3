using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace KnDsl.Published.Tests.Handwritten;

/// <summary>LeNet-5 written against TorchSharp, with what can go wrong as arguments.</summary>
internal sealed class LeNet5 : nn.Module<Tensor, Tensor>
{
    private readonly Conv2d conv1;
    private readonly Conv2d conv2;
    private readonly Linear fc1;
    private readonly Linear fc2;
    private readonly Linear fc3;
    private readonly bool rectified;

    internal LeNet5(int width = 120, bool rectified = false, bool swapped = false, bool biased = true)
        : base(nameof(LeNet5))
    {
        this.rectified = rectified;
        conv1 = nn.Conv2d(1, 6, 5);
        conv2 = nn.Conv2d(6, 16, 5);
        fc1 = nn.Linear(400, width);
        fc2 = nn.Linear(width, 84);
        fc3 = nn.Linear(84, 10, biased);
        register_module(nameof(conv1), conv1);
        register_module(nameof(conv2), conv2);
        register_module(swapped ? nameof(fc2) : nameof(fc1), swapped ? fc2 : fc1);
        register_module(swapped ? nameof(fc1) : nameof(fc2), swapped ? fc1 : fc2);
        register_module(nameof(fc3), fc3);
    }

    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        x = avg_pool2d(Activated(conv1.call(x)), 2);
        x = avg_pool2d(Activated(conv2.call(x)), 2);
        x = Activated(fc1.call(x.flatten(1)));
        return scope.MoveToOuter(fc3.call(Activated(fc2.call(x))));
    }

    private Tensor Activated(Tensor x) => rectified ? relu(x) : tanh(x);
}
