namespace KnDsl.Training;

/// <summary>An image and the number of its class.</summary>
/// <param name="Image">The image, to be disposed.</param>
/// <param name="Label">The class, from 0.</param>
/// <param name="Name">The file that it was read from.</param>
public sealed record LabelledImage(RgbImage Image, long Label, string Name);
