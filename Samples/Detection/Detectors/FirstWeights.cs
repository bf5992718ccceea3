using System;
using System.Linq;
using KnDsl.Samples.Detection.Networks;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace KnDsl.Samples.Detection.Detectors;

/// <summary>Random first weights as torchvision draws them, where these are not torch's own.</summary>
internal static class FirstWeights
{
    /// <summary>The probability that RetinaNet gives every class at first: most places have no object.</summary>
    private const double FirstProbability = 0.01;

    /// <summary>Those of RetinaNet.</summary>
    public static void OfRetinaNet(RetinaNet network)
    {
        using var noGrad = no_grad();
        OfBackbone(network.backbone);
        foreach (var convolution in ConvolutionsOf(network.head))
            Normal(convolution, 0.01);
        nn.init.constant_(network.head.classification_head.cls_logits.bias, -Math.Log((1 - FirstProbability) / FirstProbability));
    }

    /// <summary>Those of Faster R-CNN; its heads of regions have torch's own.</summary>
    public static void OfFasterRcnn(ProposalNetwork proposals, MaskHead? masks)
    {
        using var noGrad = no_grad();
        OfBackbone(proposals.backbone);
        foreach (var convolution in ConvolutionsOf(proposals.rpn))
            Normal(convolution, 0.01);
        if (masks is null)
            return;
        foreach (var convolution in ConvolutionsOf(masks))
        {
            nn.init.kaiming_normal_(convolution.weight, mode: nn.init.FanInOut.FanOut);
            NoBias(convolution);
        }
    }

    /// <summary>The residual network by its outputs, the pyramid uniformly by its inputs.</summary>
    private static void OfBackbone(nn.Module backbone)
    {
        foreach (var (name, part) in backbone.named_children())
        {
            foreach (var convolution in ConvolutionsOf(part))
            {
                if (name == "body")
                    nn.init.kaiming_normal_(convolution.weight, mode: nn.init.FanInOut.FanOut);
                else
                    nn.init.kaiming_uniform_(convolution.weight, a: 1);
                NoBias(convolution);
            }
        }
    }

    private static void Normal(Convolution convolution, double deviation)
    {
        nn.init.normal_(convolution.weight, 0, deviation);
        NoBias(convolution);
    }

    private static void NoBias(Convolution convolution)
    {
        if (convolution.bias is { } bias)
            nn.init.zeros_(bias);
    }

    private static Convolution[] ConvolutionsOf(nn.Module module) => [.. module.modules().OfType<Convolution>()];
}
