using KnDsl.Training;

namespace KnDsl.Samples.Detection.Settings;

/// <summary>The detectors of the sample.</summary>
internal enum NetworkKind
{
    [SettingName("retinanet")]
    RetinaNet,

    FasterRcnn,

    MaskRcnn,
}
