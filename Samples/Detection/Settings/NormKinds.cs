using System;
using System.Collections.Generic;
using System.ComponentModel.DataAnnotations;
using System.Linq;
using static TorchSharp.torch;

namespace KnDsl.Samples.Detection.Settings;

/// <summary>What the normalizations of the settings are.</summary>
internal static class NormKinds
{
    /// <summary>What torch's layers and the policies add to variances.</summary>
    private const double UsualEps = 1e-5;

    /// <summary>The policy of a normalization.</summary>
    /// <param name="kind">The normalization.</param>
    /// <param name="microbatch">Images in a statistic; null is the whole batch.</param>
    /// <param name="groups">The groups of those that have groups.</param>
    /// <param name="eps">What is added to variances. A policy demands more than 0, and gets the least.</param>
    public static NormPolicy ToPolicy(this NormKind kind, int? microbatch, int groups, double eps = UsualEps)
    {
        // torchvision's detectors of 2018 divide by the variance as it is.
        eps = Math.Max(eps, 1e-30);
        return kind switch
        {
            NormKind.Kalman => NormPolicy.Kalman(microbatch: microbatch, eps: eps),
            NormKind.Batch => NormPolicy.Batch(microbatch: microbatch, eps: eps),
            NormKind.SynchronizedBatch => NormPolicy.Batch(eps: eps, synchronized: true),
            NormKind.FrozenBatch => NormPolicy.Batch(eps: eps),
            NormKind.Group => NormPolicy.Group(groups, eps),
            NormKind.GroupKalman => NormPolicy.GroupKalman(groups, eps: eps),
            NormKind.Instance => NormPolicy.Instance(eps),
            NormKind.InstanceKalman => NormPolicy.InstanceKalman(eps: eps),
            NormKind.Layer => NormPolicy.Layer(eps),
            NormKind.LayerKalman => NormPolicy.LayerKalman(eps: eps),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
        };
    }

    /// <summary>What is wrong with a normalization in a training, which is a setting <c>Norm</c> beside <c>Microbatch</c>.</summary>
    /// <param name="kind">The normalization.</param>
    /// <param name="microbatch">Images in a statistic; null is the whole batch.</param>
    /// <param name="hasWeights">Whether the training begins with given weights.</param>
    public static IEnumerable<ValidationResult> ProblemsInTraining(this NormKind kind, int? microbatch, bool hasWeights)
    {
        if (kind == NormKind.FrozenBatch && !hasWeights)
            yield return new ValidationResult("What is frozen has to come from somewhere: give --weights.", ["Norm"]);
        if (microbatch is not null && kind is not (NormKind.Kalman or NormKind.Batch))
            yield return new ValidationResult($"The statistics of {kind} are not of micro-batches.", ["Microbatch"]);
    }

    /// <summary>The names of the norms of a part that are not trained: all of them where they are frozen.</summary>
    /// <param name="kind">The normalization of the part.</param>
    /// <param name="network">The network.</param>
    /// <param name="part">How the names of the part begin.</param>
    public static IEnumerable<string> FrozenIn(this NormKind kind, nn.Module network, string part) =>
        kind != NormKind.FrozenBatch ? [] : network.named_modules()
            .Where(entry => entry.module is NormLayer && entry.name.StartsWith(part, StringComparison.Ordinal))
            .Select(entry => entry.name);
}
