using System.Collections.Generic;
using KnDsl.Training;
using TorchSharp.Modules;

namespace KnDsl.Samples.Detection.Settings;

/// <summary>What the optimizers of the settings are.</summary>
internal static class OptimizerKinds
{
    /// <summary>Makes an optimizer.</summary>
    public static OptimizerHelper Create(this OptimizerKind kind, IReadOnlyList<NamedParameter> parameters, double weightDecay) =>
        kind == OptimizerKind.Sgd
            ? Optimizers.Sgd(parameters, momentum: 0.9, weightDecay: weightDecay)
            : Optimizers.AdamW(parameters, weightDecay: weightDecay);
}
