using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl.Vision;

/// <summary>The losses of Faster R-CNN's heads (Ren et al. 2015): torchvision's <c>fastrcnn_loss</c>. Waits for no device.</summary>
public static class FasterRcnnLoss
{
    /// <summary>The losses of the proposals of a batch, both over their number.</summary>
    /// <param name="logits">[R, K]: of each class; class 0 is the background.</param>
    /// <param name="codes">[R, 4 K]: for each class codes of its own.</param>
    /// <param name="labels">[R] of 64 bits, from 0 to K - 1.</param>
    /// <param name="targets">[R, 4]: the codes of the objects; those of the background are not read.</param>
    /// <param name="beta">Where the loss of codes ends to be square.</param>
    /// <returns>Both losses; 0 where there is no proposal.</returns>
    /// <exception cref="System.ArgumentException">The shapes or types do not fit, or on a CPU a label is none of the classes.</exception>
    public static DetectorLosses Compute(Tensor logits, Tensor codes, Tensor labels, Tensor targets, double beta = 1.0 / 9)
    {
        Shapes.RequireDimensions(logits, 2, nameof(logits), "[R, K]");
        var (count, classes) = (logits.size(0), logits.size(1));
        if (codes.dim() != 2 || codes.size(0) != count || codes.size(1) != 4 * classes)
            throw Shapes.Wrong(codes, nameof(codes), $"of {count} proposals and {classes} classes they are [{count}, {4 * classes}]");
        Shapes.RequireFloatingPoint(logits, nameof(logits));
        Shapes.RequireFloatingPoint(codes, nameof(codes));
        Shapes.RequireOneEach(labels, count, nameof(labels), "proposals");
        Shapes.RequireLong(labels, nameof(labels));
        HostValues.RequireRange(
            labels, 0, classes, nameof(labels), $"labels of {classes} classes are 0 to {classes - 1}, of which 0 is the background");
        if (targets.dim() != 2 || targets.size(0) != count || targets.size(1) != 4)
            throw Shapes.Wrong(targets, nameof(targets), $"of {count} proposals they are [{count}, 4]");

        using var scope = NewDisposeScope();
        if (count == 0)
            return new((Held(0) * logits.sum()).MoveToOuterDisposeScope(), (Held(0) * codes.sum()).MoveToOuterDisposeScope());
        var isBackground = labels.le(Held(0)).unsqueeze(1);
        var place = labels.clamp_min(Held(0)).view(-1, 1, 1).expand(-1, 1, 4);
        var ofClass = codes.view(count, classes, 4).gather(1, place).squeeze(1);
        var wanted = targets.to(codes.dtype).masked_fill(isBackground, Held(0));
        var boxes = Losses.SmoothL1(ofClass, wanted, beta).masked_fill(isBackground, Held(0)).sum();
        return new(
            nn.functional.cross_entropy(logits, labels).MoveToOuterDisposeScope(), (boxes / Held(count)).MoveToOuterDisposeScope());
    }
}
