using System.Linq;
using TorchSharp;
using static TorchSharp.torch;

namespace KnDsl.Training;

/// <summary>The types that a network computes in.</summary>
public static class Precision
{
    /// <summary>
    /// Converts a network to bfloat16, all but the normalization layers of a policy (<see cref="NormLayer"/>): their scale, shift and
    /// averages stay of 32 bits. Norms without a policy are converted. The trainer keeps 32-bit copies of what was converted. Inputs are to
    /// be converted by the caller, and scores back before the loss.
    /// </summary>
    /// <typeparam name="T">The network's class.</typeparam>
    /// <param name="network">The network; it is changed.</param>
    /// <returns>The network itself.</returns>
    public static T ToBFloat16<T>(this T network)
        where T : nn.Module
    {
        network.to(ScalarType.BFloat16);
        foreach (var layer in network.modules().OfType<NormLayer>())
            layer.to(ScalarType.Float32);
        return network;
    }
}
