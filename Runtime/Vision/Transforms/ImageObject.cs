using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Training;

namespace KnDsl.Vision;

/// <summary>An object of an image.</summary>
/// <param name="Box">Its box, in pixels of the image.</param>
/// <param name="Label">Its class.</param>
/// <param name="Mask">Its pixels, a mask of the image's size; null where masks are not read.</param>
public sealed record ImageObject(PixelBox Box, long Label, ObjectMask? Mask = null)
{
    /// <summary>Whether the box is finite and has an area. Rounding takes it from one that is far narrower than a pixel.</summary>
    internal bool HasArea => float.IsFinite(Box.Left) && float.IsFinite(Box.Top) && float.IsFinite(Box.Right) && float.IsFinite(Box.Bottom)
        && Box.Left < Box.Right && Box.Top < Box.Bottom;

    /// <summary>Objects whose boxes move; one that has no area any more, by rounding, is left out.</summary>
    internal static ImageObject[] Moved(IReadOnlyList<ImageObject> objects, Func<ImageObject, ImageObject> move) =>
        [.. from found in objects let moved = move(found) where moved.HasArea || !found.HasArea select moved];
}
