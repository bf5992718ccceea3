namespace KnDsl.Samples.Detection.Segmentation;

/// <summary>What classes a network has besides the background.</summary>
internal enum ClassKind
{
    /// <summary>The categories of the set.</summary>
    Categories,

    /// <summary>The 20 of COCO's categories that Pascal VOC has, in its order, as torchvision's published networks have them.</summary>
    Voc,
}
