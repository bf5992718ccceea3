using System.Linq;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>The gradient of what was read several times.</summary>
internal static class Broadcast
{
    /// <summary>Sums a gradient, [R, C], over the dimensions in which its tensor has one element for all.</summary>
    /// <param name="gradient">The gradient.</param>
    /// <param name="like">The tensor that it is to be of, [1 or R, 1 or C].</param>
    public static Tensor SumTo(Tensor gradient, Tensor like)
    {
        long[] dims = [.. new long[] { 0, 1 }.Where(dim => like.size((int)dim) < gradient.size((int)dim))];
        return dims.Length == 0 ? gradient : gradient.sum(dims, keepdim: true);
    }
}
