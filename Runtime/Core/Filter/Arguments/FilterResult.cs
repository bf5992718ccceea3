using static TorchSharp.torch;

namespace KnDsl;

/// <summary>The result of a filter.</summary>
/// <param name="Output">The normalized value, of the input's shape.</param>
/// <param name="Statistics">
/// The filtered means and biased variances, [R, G] each: a row for each micro-batch. Nothing, perhaps, where they are not wanted.
/// </param>
/// <param name="Spread">By how much the output's variance differs from that of its scale.</param>
internal readonly record struct FilterResult(Tensor Output, Moments Statistics, Spread Spread);
