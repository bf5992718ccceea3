using System.Collections.Generic;
using System.Linq;

namespace KnDsl;

/// <summary>The dimensions that a mean, sum or maximum goes over.</summary>
/// <param name="Dims">Dimensions of the value after the batch; negative ones count from the end.</param>
/// <param name="KeepDim">Whether they stay, with length 1.</param>
internal readonly record struct Reduction(long[] Dims, bool KeepDim)
{
    /// <summary>Whether the channels are among the dimensions.</summary>
    public bool IsOverChannels(IReadOnlyList<long> from) => Dims.Any(dim => Dimensions.Resolve(dim, from) == 1);

    /// <summary>
    /// The dimensions of a value with its channels moved to the second one, and the dimension that has the channels after the reduction.
    /// </summary>
    /// <param name="channels">The dimension of the channels before.</param>
    /// <param name="shape">The lengths of the value's dimensions after the batch.</param>
    public (long[] Dims, int Channels) WithChannelsSecond(int channels, IReadOnlyList<long> shape)
    {
        var dims = Dims.Select(dim => Dimensions.ResolveIn(dim, shape)).Distinct().ToArray();
        return ([.. dims.Select(dim => (long)Dimensions.WithChannelsSecond(dim, channels, shape))],
            KeepDim ? channels : Dimensions.After(channels, dims));
    }

    /// <summary>How many elements are taken together.</summary>
    public long Count(long channels, IReadOnlyList<long> from)
    {
        var dims = Dims.Select(dim => Dimensions.Resolve(dim, from)).Distinct();
        return dims.Aggregate(1L, (product, dim) => product * (dim == 1 ? channels : from[dim - 2]));
    }

    /// <summary>Where the channels are left out, the first spatial dimension that stays takes their place.</summary>
    /// <param name="reduced">The moments of the result; one channel, where the channels are among the dimensions.</param>
    /// <param name="from">The spatial size of the input.</param>
    public Moments Place(Moments reduced, IReadOnlyList<long> from)
    {
        if (KeepDim || !IsOverChannels(from))
            return reduced;
        var dims = Dims.Select(dim => Dimensions.Resolve(dim, from)).ToHashSet();
        return reduced.Repeated(from.Where((_, i) => !dims.Contains(i + 2)).First());
    }
}
