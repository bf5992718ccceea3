namespace KnDsl.Vision;

/// <summary>What of a detection is compared with what of an object.</summary>
public enum CocoIouType
{
    /// <summary>Their boxes; COCO's <c>bbox</c>.</summary>
    Box,

    /// <summary>Their masks; COCO's <c>segm</c>.</summary>
    Mask,
}
