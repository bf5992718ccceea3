using System.Runtime.InteropServices;

namespace KnDsl;

/// <summary>What the kernels of a filter's gradient are given: the structure <c>Gradient</c> of Filter.cu, field by field.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct GradientParameters
{
    public FilterParameters Forward;
    public nint Gy, Output, Gm, Gv;
    public nint Before, Dx;
    public nint Weight, Bias;
    public nint PriorMean, PriorVariance;
    public nint MeanGain, VarianceGain;
    public long Lanes, Splits;
    public nint Work;

    /// <summary>The numbers of <see cref="Work"/>.</summary>
    public readonly long WorkLength(Layout layout)
    {
        var channels = layout.Batches.Count * layout.Channels;
        return 2 * channels + 4 * layout.Statistics + 2 * channels * Splits;
    }
}
