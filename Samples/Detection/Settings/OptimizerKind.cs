using KnDsl.Training;

namespace KnDsl.Samples.Detection.Settings;

/// <summary>The optimizers of the sample.</summary>
internal enum OptimizerKind
{
    Sgd,

    [SettingName("adamw")]
    AdamW,
}
