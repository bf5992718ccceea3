namespace KnDsl.Samples.Detection.Detectors;

/// <summary>The normalizations of a detector.</summary>
/// <param name="Backbone">That of the backbone.</param>
/// <param name="Heads">That of pyramid and heads; null where they have none, as in torchvision's first versions.</param>
internal sealed record DetectorNorms(NormPolicy Backbone, NormPolicy? Heads = null);
