using System;
using System.Collections.Generic;
using KnDsl.Vision;
using static TorchSharp.torch;

namespace KnDsl.Samples.Detection.Detectors;

/// <summary>A network with what makes losses and detections of its outputs.</summary>
/// <param name="network">The network; its parameters have torchvision's names.</param>
internal abstract class Detector(nn.Module network) : IDisposable
{
    /// <summary>The network.</summary>
    public nn.Module Network { get; } = network;

    /// <summary>Whether detections have masks.</summary>
    public virtual bool HasMasks => false;

    /// <summary>The loss of a batch, one number.</summary>
    /// <param name="images">[N, 3, H, W], padded, on the network's device.</param>
    /// <param name="sizes">The size of each without padding.</param>
    /// <param name="targets">The objects of each, on the same device.</param>
    public abstract Tensor Loss(Tensor images, IReadOnlyList<ImageSize> sizes, IReadOnlyList<DetectionTarget> targets);

    /// <summary>What is found in each image of a batch, in pixels of the batch.</summary>
    public abstract IReadOnlyList<Detections> Detect(Tensor images, IReadOnlyList<ImageSize> sizes);

    /// <summary>Frees the network.</summary>
    public virtual void Dispose() => Network.Dispose();

    /// <summary>A head's map [N, A K, H, W] as [N, H W A, K]: rows, columns, and the anchors of a place.</summary>
    protected static Tensor OfAnchors(Tensor map, long anchors)
    {
        var (images, rows, columns) = (map.size(0), map.size(2), map.size(3));
        return map.view(images, anchors, -1, rows, columns).permute(0, 3, 4, 1, 2).reshape(images, rows * columns * anchors, -1);
    }
}
