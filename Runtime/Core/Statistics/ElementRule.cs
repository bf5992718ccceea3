using System.Collections.Generic;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// The rule of a function that maps every element by itself. In the sampled transition the function waits until a
/// pseudo-feature map is drawn, as it does in the authors' code.
/// </summary>
public abstract class ElementRule : MomentRule
{
    private protected ElementRule()
    {
    }

    internal sealed override (MomentRule Rule, int Dim)? WithChannelsSecond(int dim, IReadOnlyList<long> from, IReadOnlyList<long> to) =>
        (this, dim);

    /// <summary>The function itself.</summary>
    /// <param name="map">Any tensor.</param>
    /// <returns>A tensor of the same shape.</returns>
    private protected abstract Tensor Apply(Tensor map);

    internal sealed override SampledState Pass(SampledState state, IReadOnlyList<long> to) => state.Wait(Apply, to);
}
