using static TorchSharp.torch;

namespace KnDsl;

/// <summary>The result of a filter.</summary>
/// <param name="Output">The normalized value, of the input's shape.</param>
/// <param name="Statistics">The filtered means and biased variances, [R, G] each: a row for each micro-batch.</param>
/// <param name="Spread">
/// The mean square of (x - m) / sqrt(v + eps) over all statistics: 1 where the observation was taken as it is, more where the filtered
/// variance falls short of what is observed. No gradient flows through it.
/// </param>
internal readonly record struct FilterResult(Tensor Output, Moments Statistics, double Spread);
