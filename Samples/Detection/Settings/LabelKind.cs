namespace KnDsl.Samples.Detection.Settings;

/// <summary>What number a network has for a category.</summary>
internal enum LabelKind
{
    /// <summary>Its place among the categories, without gaps.</summary>
    Places,

    /// <summary>Its id in the json, as torchvision's published detectors have it: 91 classes for COCO's 80 categories.</summary>
    Ids,
}
