using TorchSharp.Modules;
using static TorchSharp.torch;

namespace KnDsl.Training.Tests;

/// <summary>A network of two convolutions with norms, in float64.</summary>
internal sealed class SmallNetwork : nn.Module<Tensor, Tensor>
{
    private readonly Conv2d first;
    private readonly NormLayer norm1;
    private readonly Conv2d second;
    private readonly NormLayer norm2;
    private readonly Linear last;

    public SmallNetwork(long seed, NormPolicy norm, long width = 16)
        : base(nameof(SmallNetwork))
    {
        manual_seed(seed);
        first = nn.Conv2d(1, 8, 3, padding: 1, dtype: ScalarType.Float64);
        norm1 = norm.Create(8, dtype: ScalarType.Float64);
        second = nn.Conv2d(8, width, 3, padding: 1, stride: 2, dtype: ScalarType.Float64);
        norm2 = norm.Create(width, dtype: ScalarType.Float64);
        last = nn.Linear(width, 4, dtype: ScalarType.Float64);
        RegisterComponents();
    }

    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var value = norm1.call(first.call(x)).relu();
        value = norm2.call(second.call(value)).relu();
        return scope.MoveToOuter(last.call(value.mean([2, 3])));
    }
}
