using KnDsl.Training;

namespace KnDsl.Samples.Detection.Settings;

/// <summary>The backbones of the sample, with pyramid and heads to fit.</summary>
internal enum BackboneKind
{
    /// <summary>torchvision's, for images of 800 pixels.</summary>
    [SettingName("resnet50")]
    ResNet50,

    /// <summary>Of about a hundredth of its cost, for images of 200 pixels.</summary>
    Small,
}
