using KnDsl.Vision;

namespace KnDsl.Samples.Detection.Generation;

/// <summary>An object of a scene.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="IsCrowd">Whether it is a region of many.</param>
/// <param name="Mask">The pixels at which it is seen.</param>
internal sealed record SceneObject(ObjectKind Kind, bool IsCrowd, CocoMask Mask);
