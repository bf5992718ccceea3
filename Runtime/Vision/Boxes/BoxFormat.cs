namespace KnDsl.Vision;

/// <summary>What the four numbers of a box are.</summary>
public enum BoxFormat
{
    /// <summary>Left, top, right, bottom: what every part of this library takes.</summary>
    Xyxy,

    /// <summary>Left, top, width, height: the format of COCO's files.</summary>
    Xywh,

    /// <summary>The middle's column and row, width, height.</summary>
    Cxcywh,
}
