using KnDsl.Training;

namespace KnDsl.Vision;

/// <summary>An object of an image.</summary>
/// <param name="Box">Its box, in pixels of the image.</param>
/// <param name="Label">Its class.</param>
/// <param name="Mask">Its pixels, a mask of the image's size; null where masks are not read.</param>
public sealed record ImageObject(PixelBox Box, long Label, ObjectMask? Mask = null);
