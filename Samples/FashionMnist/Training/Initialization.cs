using System;
using System.Linq;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace KnDsl.Samples.FashionMnist.Training;

/// <summary>Gives a network its first weights. They depend on the seed only, not on the normalization or the device.</summary>
internal static class Initialization
{
    /// <summary>
    /// Convolutions as in He et al. 2015 ("Delving Deep into Rectifiers"), by fan-out; linear layers uniform within
    /// one over the root of the number of inputs. Normalization layers keep their own first weights.
    /// </summary>
    public static void Apply(nn.Module network, long seed)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)seed, CPU);
        foreach (var module in network.modules().Prepend(network))
        {
            switch (module)
            {
                case Conv2d convolution:
                    var shape = convolution.weight.shape;
                    Fill(convolution.weight, randn(shape, generator: generator) * Math.Sqrt(2.0 / (shape[0] * shape[2] * shape[3])));
                    if (convolution.bias is { } bias)
                        bias.zero_();
                    break;
                case Linear linear:
                    var bound = 1 / Math.Sqrt(linear.weight.shape[1]);
                    Fill(linear.weight, (rand(linear.weight.shape, generator: generator) * 2 - 1) * bound);
                    if (linear.bias is { } offset)
                        Fill(offset, (rand(offset.shape, generator: generator) * 2 - 1) * bound);
                    break;
            }
        }
    }

    private static void Fill(Tensor parameter, Tensor values) => parameter.copy_(values);
}
