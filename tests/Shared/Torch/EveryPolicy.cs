using System.Collections.Generic;
using System.Linq;

namespace KnDsl.Tests;

/// <summary>A policy of every kind, in the forms that the code tells apart.</summary>
internal static class EveryPolicy
{
    private static readonly Dictionary<string, NormPolicy> Policies = new()
    {
        ["kalman"] = NormPolicy.Kalman(microbatch: 2),
        ["kalman, whole"] = NormPolicy.Kalman(0.3),
        ["sampled"] = NormPolicy.Kalman(gain: 0.1, microbatch: 2, transition: Transition.Sampled),
        ["learned"] = NormPolicy.Kalman(Gain.Learned(), microbatch: 2, transition: Transition.Learned),
        ["adaptive"] = NormPolicy.Kalman(Gain.Adaptive(perChannel: true), microbatch: 2),
        ["batch"] = NormPolicy.Batch(),
        ["batch, micro"] = NormPolicy.Batch(microbatch: 2),
        ["renorm"] = NormPolicy.Renorm(warmUp: 0, rSteps: 2, dSteps: 2, microbatch: 2, momentum: 0.1),
        ["group"] = NormPolicy.Group(2),
        ["layer"] = NormPolicy.Layer(),
        ["instance"] = NormPolicy.Instance(),
        ["instance, plain"] = NormPolicy.Instance(affine: false),
        ["groupkalman"] = NormPolicy.GroupKalman(2),
        ["layerkalman"] = NormPolicy.LayerKalman(),
        ["instancekalman"] = NormPolicy.InstanceKalman(),
        ["none"] = NormPolicy.None(),
    };

    /// <summary>Their names.</summary>
    public static IEnumerable<string> Names => Policies.Keys;

    /// <summary>The names of those that normalize.</summary>
    public static IEnumerable<string> Normalizing => Policies.Keys.Where(name => name != "none");

    /// <summary>The policy of a name.</summary>
    public static NormPolicy Of(string name) => Policies[name];
}
