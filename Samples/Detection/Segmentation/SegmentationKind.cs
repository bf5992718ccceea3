using KnDsl.Training;

namespace KnDsl.Samples.Detection.Segmentation;

/// <summary>The segmentation networks of the sample.</summary>
internal enum SegmentationKind
{
    Fcn,

    [SettingName("deeplab-v3")]
    DeepLabV3,
}
