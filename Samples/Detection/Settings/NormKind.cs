namespace KnDsl.Samples.Detection.Settings;

/// <summary>The normalizations of the sample.</summary>
internal enum NormKind
{
    Kalman,
    Batch,

    /// <summary>With statistics of all processes.</summary>
    SynchronizedBatch,

    /// <summary>Statistics, scale and shift stay those of the weights that a training begins with.</summary>
    FrozenBatch,

    Group,
    GroupKalman,
    Instance,
    InstanceKalman,
    Layer,
    LayerKalman,
}
