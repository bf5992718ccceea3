using TorchSharp.Modules;
using static TorchSharp.torch;

namespace KnDsl.Weights.Tests;

/// <summary>A network whose state_dict Data/network.safetensors holds.</summary>
internal sealed class Network : nn.Module<Tensor, Tensor>
{
    internal readonly Conv2d conv1;
    internal readonly BatchNorm2d bn1;
    internal readonly Linear fc;

    internal Network(int kernel = 3, ScalarType? dtype = null, Device? device = null)
        : base(nameof(Network))
    {
        conv1 = nn.Conv2d(3, 4, kernel, bias: false, dtype: dtype, device: device);
        bn1 = nn.BatchNorm2d(4, dtype: dtype, device: device);
        fc = nn.Linear(4, 2, dtype: dtype, device: device);
        RegisterComponents();
    }

    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        return scope.MoveToOuter(fc.call(bn1.call(conv1.call(x)).mean([2, 3])));
    }
}
