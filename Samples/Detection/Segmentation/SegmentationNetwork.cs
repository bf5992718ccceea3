using System;
using System.Linq;
using KnDsl.Samples.Detection.Segmentation.Networks;
using KnDsl.Samples.Detection.Settings;
using TorchSharp.Modules;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl.Samples.Detection.Segmentation;

/// <summary>FCN or DeepLab-v3, with the loss of torchvision's reference.</summary>
internal sealed class SegmentationNetwork : IDisposable
{
    /// <summary>Height and width of a batch are multiples of this.</summary>
    public const int Stride = 8;

    /// <summary>The weight of the auxiliary head's loss.</summary>
    private const double AuxiliaryWeight = 0.5;

    private readonly Func<Tensor, (Tensor Logits, Tensor Auxiliary)> call;

    private SegmentationNetwork(nn.Module module, Func<Tensor, (Tensor, Tensor)> call) => (Module, this.call) = (module, call);

    /// <summary>The network; its parameters have torchvision's names.</summary>
    public nn.Module Module { get; }

    /// <summary>Groups of channels that all layers can be divided into.</summary>
    public static int GroupsOf(BackboneKind backbone) => backbone == BackboneKind.ResNet50 ? 32 : 8;

    /// <summary>A network with first weights.</summary>
    /// <param name="kind">The network.</param>
    /// <param name="backbone">Its size.</param>
    /// <param name="classes">Its classes, the background among them.</param>
    /// <param name="policy">Its normalization.</param>
    /// <param name="device">Its device.</param>
    public static SegmentationNetwork Create(
        SegmentationKind kind, BackboneKind backbone, int classes, NormPolicy policy, Device device)
    {
        var isSmall = backbone == BackboneKind.Small;
        var (width, auxiliary) = isSmall ? (16, 32) : (64, 256);
        int[] depths = isSmall ? [2, 2, 2, 2] : [3, 4, 6, 3];
        SegmentationNetwork network;
        if (kind == SegmentationKind.Fcn)
        {
            var fcn = new Fcn(classes, width, depths, !isSmall, isSmall ? 64 : 512, auxiliary, policy, device);
            network = new(fcn, images =>
            {
                var output = fcn.call(images);
                return (output.logits, output.auxiliary_logits);
            });
        }
        else
        {
            int[] rates = isSmall ? [3, 6, 9] : [12, 24, 36];
            var deepLab = new DeepLabV3(classes, width, depths, !isSmall, isSmall ? 64 : 256, rates, auxiliary, policy, device);
            network = new(deepLab, images =>
            {
                var output = deepLab.call(images);
                return (output.logits, output.auxiliary_logits);
            });
        }
        network.DrawBackbone();
        return network;
    }

    /// <summary>The scores of the classes at each pixel, [N, classes, H, W].</summary>
    /// <param name="images">[N, 3, H, W], with sides that are multiples of <see cref="Stride"/>.</param>
    public Tensor Scores(Tensor images)
    {
        var (logits, auxiliary) = call(images);
        auxiliary.Dispose();
        return logits;
    }

    /// <summary>The mean cross entropy of the pixels that count, and a half of the auxiliary head's.</summary>
    /// <param name="images">[N, 3, H, W].</param>
    /// <param name="labels">[N, H, W].</param>
    public Tensor Loss(Tensor images, Tensor labels)
    {
        var (logits, auxiliary) = call(images);
        // A batch of padding alone has the loss 0; torch's mean of nothing is no number.
        var count = labels.ne(Held(SegmentationClasses.Ignored)).sum().clamp_min(Held(1));
        return Numbers.Sum(Sum(logits), Held(AuxiliaryWeight) * Sum(auxiliary)) / count;

        Tensor Sum(Tensor scores) => nn.functional.cross_entropy(
            scores, labels, ignore_index: SegmentationClasses.Ignored, reduction: nn.Reduction.Sum);
    }

    /// <summary>Frees the network.</summary>
    public void Dispose() => Module.Dispose();

    /// <summary>First weights as torchvision draws those of a residual network; heads have torch's own.</summary>
    private void DrawBackbone()
    {
        using var noGrad = no_grad();
        var convolutions = Module.named_modules().Where(entry => entry.name.StartsWith("backbone.", StringComparison.Ordinal))
            .Select(entry => entry.module).OfType<Convolution>();
        foreach (var convolution in convolutions)
            nn.init.kaiming_normal_(convolution.weight, mode: nn.init.FanInOut.FanOut);
    }
}
