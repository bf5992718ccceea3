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
        if (NormalizeByOwn(arguments, averages) is { } own)
            return own;
        var result = CompiledFilter.Normalize(arguments with { Epilogue = default }, averages);
        return result with { Output = arguments.Epilogue.Of(result.Output) };
    }

    /// <summary>By loops or kernels of our own; null where it is to be composed of torch's operations.</summary>
    public static FilterResult? NormalizeByOwn(FilterArguments arguments, RunningAverages? averages) =>
        CpuFilter.Serves(arguments, averages) ? CpuFilter.Normalize(arguments, averages)
        : CudaFilter.Serves(arguments, averages) ? CudaFilter.Normalize(arguments, averages)
        : null;

    private static void CheckCount(FilterArguments arguments)
    {
        if (arguments.Prior is null)
            arguments.Batches.CheckCount(arguments.Input, arguments.Settings.GroupSize);
    }
}
