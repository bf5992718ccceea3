using static TorchSharp.torch;

namespace KnDsl.Vision;

/// <summary>Proposals of one image that heads are trained with.</summary>
/// <param name="Proposals">[R, 4].</param>
/// <param name="Labels">[R]: the class of each, 0 for background.</param>
/// <param name="Matches">[R]: the number of the object of each; of background any.</param>
/// <param name="Codes">[R, 4]: what the boxes are to be predicted as; of background 0.</param>
public sealed record SampledProposals(Tensor Proposals, Tensor Labels, Tensor Matches, Tensor Codes);
