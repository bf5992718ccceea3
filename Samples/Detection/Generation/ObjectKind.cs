using System.Collections.Generic;

namespace KnDsl.Samples.Detection.Generation;

/// <summary>A category of objects, and how its cut-outs may be shown.</summary>
/// <param name="Id">Its number in the json. As in COCO, numbers have gaps.</param>
/// <param name="Name">Its name.</param>
/// <param name="Group">The name of the group that it belongs to.</param>
internal sealed record ObjectKind(int Id, string Name, string Group)
{
    /// <summary>How far it is turned at most, in degrees.</summary>
    public int Turn { get; init; } = 25;

    /// <summary>Whether it may be seen in a mirror.</summary>
    public bool MayBeMirrored { get; init; } = true;

    /// <summary>Whether its pictures are grey, and it may have any color.</summary>
    public bool IsGrey { get; init; }

    /// <summary>How much larger than its picture it is shown at most.</summary>
    public double Enlargement { get; init; } = 2.5;

    /// <summary>Its cut-outs: of each of them one or more are in training or in evaluation, never in both.</summary>
    public required IReadOnlyList<CutOut> CutOuts { get; init; }
}
