using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Samples.FashionMnist;
using static TorchSharp.torch;

namespace KnDsl.Samples.Study.Networks;

/// <summary>A network of the study.</summary>
/// <param name="Name">Its name on the command line and in the tables.</param>
/// <param name="Description">What it is, for the tables.</param>
/// <param name="Create">Creates it for images of so many colors with a policy.</param>
internal sealed record StudyNetwork(string Name, string Description, Func<int, NormPolicy, nn.Module<Tensor, Tensor>> Create)
{
    /// <summary>All networks; the first is the one that every method is compared on.</summary>
    public static IReadOnlyList<StudyNetwork> All { get; } =
    [
        new("residual", "pre-activation residual units", (colors, policy) => new ResNetCifar(colors: colors, policy: policy, device: CPU)),
        new("bottleneck", "post-activation bottlenecks, in the manner of ResNet-50",
            (colors, policy) => new Bottlenecks(colors: colors, policy: policy, device: CPU)),
        new("plain", "convolutions without joins, in the manner of VGG",
            (colors, policy) => new Plain(colors: colors, policy: policy, device: CPU)),
        new("gated", "post-activation residual units with squeeze-and-excitation",
            (colors, policy) => new Gated(colors: colors, policy: policy, device: CPU)),
    ];

    /// <summary>Variations for single questions, which no part of the study takes.</summary>
    private static readonly StudyNetwork[] Variations =
    [
        new("from-image", "pre-activation residual units, and a norm for the image",
            (colors, policy) => new FromImage(colors: colors, policy: policy, device: CPU)),
        new("norm-before-join", "post-activation residual units",
            (colors, policy) => new NormBeforeJoin(colors: colors, policy: policy, device: CPU)),
        new("norm-after-join", "post-activation residual units with the last norm after the join",
            (colors, policy) => new NormAfterJoin(colors: colors, policy: policy, device: CPU)),
    ];

    /// <summary>The names of all networks and their variations.</summary>
    public static IEnumerable<string> Names => All.Concat(Variations).Select(network => network.Name);

    /// <summary>Finds a network.</summary>
    /// <exception cref="ArgumentException">There is no such network; the message lists those that there are.</exception>
    public static StudyNetwork Find(string name) => All.Concat(Variations).FirstOrDefault(network => network.Name == name)
        ?? throw new ArgumentException(
            $"there is no network '{name}'; expected some of {string.Join(", ", Names)}");
}
