using System;

namespace KnDsl;

/// <summary>
/// Observes the statistics of a value, filters them with a prior and normalizes the value, as one differentiable function
/// with two passes over the value forward and two backward.
/// </summary>
/// <remarks>
/// Wang et al. (NeurIPS 2018). With observed mean mu and biased variance var, prior (m0, v0) and gains qm, qv:
/// <code>
/// m = m0 + qm (mu - m0)
/// v = v0 + qv (var - v0) + qv (1 - qv) (mu - m0)^2
/// y = weight (x - m) / sqrt(v + eps) + bias
/// </code>
/// Without a prior, or where <see cref="PriorGuard"/> refuses it, m = mu and v = var.
/// </remarks>
internal static class KalmanFilter
{
    /// <summary>Normalizes a value and, where they are given, updates running averages.</summary>
    /// <exception cref="ArgumentException">A statistic would have one value and no prior.</exception>
    /// <exception cref="NotFiniteNumberException">The value holds NaN or infinity; no average was updated.</exception>
    public static FilterResult Normalize(FilterArguments arguments, RunningAverages? averages)
    {
        CheckCount(arguments);
        if (CpuFilter.Serves(arguments))
            return CpuFilter.Normalize(arguments, averages);
        if (CudaFilter.Serves(arguments, averages))
            return CudaFilter.Normalize(arguments, averages);
        var result = CompiledFilter.Normalize(arguments with { Epilogue = default }, averages);
        return result with { Output = arguments.Epilogue.Of(result.Output) };
    }

    /// <summary>Whether loops or kernels of our own do it; if not, it is composed of torch's operations.</summary>
    public static bool HasOwn(FilterArguments arguments, RunningAverages? averages) =>
        CpuFilter.Serves(arguments) || CudaFilter.Serves(arguments, averages);

    private static void CheckCount(FilterArguments arguments)
    {
        if (arguments.Prior is null)
            arguments.Batches.CheckCount(arguments.Input, arguments.Settings.GroupSize);
    }
}
