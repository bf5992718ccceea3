using static TorchSharp.torch;

namespace KnDsl;

/// <summary>What a filter returns.</summary>
/// <param name="Output">The normalized value, of the input's shape.</param>
/// <param name="Mean">The filtered means, [G, C].</param>
/// <param name="Variance">The filtered variances, [G, C], biased as the observed ones are.</param>
/// <param name="UnbiasedVariance">
/// The filtered variances with the observed part unbiased, [G, C], for the running averages; without gradient.
/// </param>
internal readonly record struct Filtered(Tensor Output, Tensor Mean, Tensor Variance, Tensor UnbiasedVariance);
